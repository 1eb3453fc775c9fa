"""Typing mistakes fail, and what cannot be undone is asked for."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector.cli.app import app
from collector.settings import BadSettings, load_settings
from collector.store import Dsn, open_store
from tests.integration.store.rows import make_rows


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_serve_refuses_a_port_that_there_is_not(port: str) -> None:
    done = CliRunner().invoke(app, ["serve", "--port", port])
    assert done.exit_code == 2
    assert "--port" in done.output


@pytest.mark.parametrize(
    "command",
    [["apps", "remove", "--app", "shop"], ["keys", "revoke", "--app", "shop", "--key", "00000000"]],
)
def test_what_cannot_be_undone_needs_a_yes_where_nobody_can_be_asked(command: list[str]) -> None:
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "add --yes" in done.output


@pytest.mark.parametrize("command", [[], ["kill"], ["apps", "add"]])
def test_h_is_help(command: list[str]) -> None:
    assert CliRunner().invoke(app, [*command, "-h"]).exit_code == 0


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("INFERFLEET_PORT", "9000", "INFERFLEET_API__PORT"),
        ("INFERFLEET_ADMIN_TOKEN", "x" * 20, "INFERFLEET_API__ADMIN_TOKEN"),
        ("INFERFLEET_DATADIR", "/data", "INFERFLEET_DATA_DIR"),
        ("INFERFLEET_DSN", "chdb:///x", "INFERFLEET_STORE__DSN"),
    ],
)
def test_an_unknown_setting_names_the_one_that_was_meant(
    name: str, value: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=f"{meant} meant"):
        load_settings()


def test_what_kubernetes_sets_for_a_service_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERFLEET_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("INFERFLEET_PORT_8080_TCP_ADDR", "10.0.0.1")
    load_settings()


@pytest.mark.parametrize(
    "command",
    [
        ["recommend"],
        ["leaks"],
        ["expire"],
        ["publish"],
        ["kill"],
        ["enable"],
        ["rollback", "--version", "0"],
        ["delete", "--yes"],
        ["explain", "--model", "m"],
        ["audit"],
    ],
)
def test_an_app_that_there_is_not_fails_with_those_that_there_are(store: None, command: list[str]) -> None:
    done = CliRunner().invoke(app, [*command, "--app", "nope"])
    assert done.exit_code == 1, done.output
    assert "there is no app 'nope'; the apps are: shop" in done.output


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["migrate", "--show", "cloud"],
        ["recommend"],
        ["leaks"],
        ["expire"],
        ["publish"],
        ["enable", "--app", "shop"],
        ["delete", "--yes", "--app", "shop"],
        ["apps", "list"],
        ["audit"],
        ["dashboards", "build"],
    ],
    ids=" ".join,
)
def test_a_command_speaks_words_and_json_when_asked(store: None, command: list[str]) -> None:
    words, asked = CliRunner().invoke(app, command), CliRunner().invoke(app, [*command, "--json"])
    assert (words.exit_code, asked.exit_code) == (0, 0), words.output + asked.output
    assert isinstance(json.loads(asked.stdout), dict)
    assert words.stdout.strip()
    assert words.stdout[0] not in "{["


def test_a_session_that_cannot_be_one_is_refused_in_plain_words(store: None) -> None:
    done = CliRunner().invoke(app, ["delete", "--app", "shop", "--session", "xx yy"])
    assert done.exit_code == 1
    assert "session" in done.output
    assert "pydantic" not in done.output


def test_the_kill_switch_works_on_a_new_app_and_says_when_pages_follow(store: None) -> None:
    for command, said in (
        (["kill"], "shop is switched off"),
        (["enable"], "shop is switched on again"),
        (["rollback", "--version", "0"], "no plan: their own defaults"),
    ):
        done = CliRunner().invoke(app, [*command, "--app", "shop"])
        assert done.exit_code == 0, done.output
        assert said in done.output
        assert "within 300 s" in done.output
        assert len(done.output.strip().splitlines()) == 1


def test_what_a_removed_app_left_in_any_table_can_be_deleted(store: None, data_dir: Path) -> None:
    with open_store(Dsn.parse(f"chdb://{data_dir / 'engine'}")) as opened:
        opened.insert("stages", make_rows("stages", {"app": "gone", "session": "s" * 22}))
    done = CliRunner().invoke(app, ["delete", "--app", "gone", "--yes"])
    assert done.exit_code == 0, done.output
    assert "gone: deleted 1 row (stages 1)" in done.output
    again = CliRunner().invoke(app, ["delete", "--app", "gone", "--yes"])
    assert again.exit_code == 1
    assert "there is no app 'gone'" in again.output


def test_a_change_of_a_config_needs_a_name_that_can_be_one(store: None) -> None:
    for command in (["kill"], ["enable"], ["rollback", "--version", "0"], ["publish"], ["delete", "--yes"]):
        done = CliRunner().invoke(app, [*command, "--app", "shop", "--author", "a b"])
        assert done.exit_code == 1, command
        assert "an author is up to 64 letters" in done.output, command
        assert len(done.output.strip().splitlines()) == 1, command


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "inferfleet"


@pytest.fixture
def store(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded store with one declared app, the same for the module's tests: making it takes seconds."""
    monkeypatch.setenv("INFERFLEET_DATA_DIR", str(data_dir))
    monkeypatch.setenv("INFERFLEET_APPS", '{"shop": {"keys": ["shop-key"]}}')
    if not data_dir.exists():
        assert CliRunner().invoke(app, ["migrate"]).exit_code == 0


def test_boards_that_cannot_be_written_are_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    refused = CliRunner().invoke(app, ["dashboards", "build", "--out", str(tmp_path / "taken")])
    assert refused.exit_code == 1
    assert "Not a directory; name another folder with --out" in refused.output
