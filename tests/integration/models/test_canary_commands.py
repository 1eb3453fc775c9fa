"""The commands on canaries, over a store that nobody else has. Browsers run `record`: canary.test.ts."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from collector.apps import AppRegistry
from collector.cli.app import app as program
from collector.models import CanaryRegistry
from collector.operations import logs
from collector.settings import Settings
from collector.store import open_store
from collector.store.migrate import upgrade
from tests.integration.models.test_canaries import canary

Command = Callable[..., Result]
FACE = ("--app", "demo", "--model", "face")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose engine stays up between the commands, with a canary in it."""
    folder: Path = tmp_path_factory.mktemp("commands") / "data"
    dsn = f"chdb://{folder.resolve() / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as store:
        declared = Settings.model_validate({"apps": {"demo": {"keys": ["demo-key"]}}}).apps
        apps = AppRegistry(store, declared, longest_days=90)
        canaries = CanaryRegistry(store, origins_of=lambda name: apps.show(name).origins)
        evidence = {"agreeing": ["cpu", "wasm"], "tolerances": [0.004], "half_floats": True}
        evidence["caught"] = {"webgl": 12.5, "webgpu": None}
        canaries.register("demo", canary(evidence=evidence), author="ada@example.com", note="first")
        yield folder


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("INFERFLEET_DATA_DIR", str(data))
    monkeypatch.setenv("INFERFLEET_APPS", '{"demo": {"keys": ["demo-key"]}}')
    monkeypatch.setattr(logs, "configure_logs", lambda: None)  # it would keep the runner's stderr for ever
    return lambda *words: CliRunner().invoke(program, ["canary", *words])


def test_a_canary_is_listed_shown_and_removed(run: Command) -> None:
    listed = run("list", "--app", "demo")
    assert listed.exit_code == 0, listed.output
    row = listed.stdout.splitlines()[1].split()
    assert row[:6] == ["face", "0123456789ab", "2", "original,float16,uint8", "has", "it"]
    shown = run("show", *FACE).stdout
    for told in (
        "face: canary 0123456789ab\n",
        "  original, float16: 2 values, each within 0.01\n",
        "  a tolerance is at most 0.40% of an output's largest value, measured with half floats\n",
        "  backends that agree: cpu, wasm\n",
        "  it catches webgl, which computes wrong: it is 12.5 tolerances away\n",
        "  it catches webgpu, which computes wrong: its answer is not finite\n",
        "ada@example.com",
    ):
        assert told in shown
    asked = run("remove", *FACE)
    assert (asked.exit_code, "add --yes" in asked.stderr) == (1, True)
    assert "the canary of face is removed (version 2)" in run("remove", *FACE, "--yes", "--note", "x").stdout
    assert json.loads(run("list", "--app", "demo", "--json").stdout)["canaries"] == []
    assert "face: canary 0123456789ab (removed)" in run("show", *FACE).stdout
    gone = run("remove", *FACE, "--yes")
    assert (gone.exit_code, "has no canary of face" in gone.stderr) == (1, True)


def test_an_app_or_a_folder_that_there_is_not_is_told_before_anything_is_measured(
    run: Command, tmp_path: Path
) -> None:
    absent = run("record", str(tmp_path), "--app", "absent")
    assert (absent.exit_code, "absent" in absent.stderr) == (1, True)
    empty = run("record", str(tmp_path), "--app", "demo")
    assert (empty.exit_code, empty.stderr.count("\n")) == (1, 1)
    assert "holds no variants.json" in empty.stderr
    wrong = run("record", str(tmp_path), "--app", "demo", "--values", "257")
    assert wrong.exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "a b"], "the name of a model or variant is"),
        (["--author", "two words"], "an author is"),
        (["--note", "n" * 501], "a note has at most 500 characters"),
    ],
)
def test_what_could_not_be_kept_is_told_before_anything_is_measured(
    run: Command, tmp_path: Path, words: list[str], said: str
) -> None:
    refused = run("record", str(tmp_path), "--app", "demo", *words)
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert said in refused.stderr
