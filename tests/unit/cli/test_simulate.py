"""``inferfleet simulate`` refuses what cannot work before it sends anything, and tells what it found."""

from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from collector.cli.app import app
from collector.cli.simulate import LieName
from collector.cli.simulate_text import bar_line
from collector.simulate import Lie, Progress

TABLE = "device,model,backend,ms\nPixel 4,face,webgl,60\nPixel 4,face,wasm,20\n"
CLOSED = "http://127.0.0.1:9"  # the port of "discard", where nobody listens


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INFERFLEET_WRITE_KEY", raising=False)
    (tmp_path / "t.csv").write_text(TABLE)


def refused(*more: str, app_name: str = "shop-simulated", key: str = "k", to: str = CLOSED) -> str:
    told = ["--table", "t.csv", "--sessions", "5", "--to", to, "--app", app_name, "--key", key, *more]
    done = CliRunner().invoke(app, ["simulate", *told])
    assert done.exit_code == 1, done.output
    assert "Traceback" not in done.output
    return done.output


def test_an_app_of_real_pages_is_refused() -> None:
    said = refused(app_name="shop")
    assert "whose name ends in -simulated: `inferfleet apps add --app shop-simulated`" in said
    assert "inferfleet delete --app shop-simulated --yes" in said


def test_a_key_is_needed_and_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no write key: set INFERFLEET_WRITE_KEY" in refused(key="")
    monkeypatch.setenv("INFERFLEET_WRITE_KEY", "k")
    told = ["--table", "t.csv", "--sessions", "5", "--to", CLOSED, "--app", "simulated"]
    assert "no collector answers" in CliRunner().invoke(app, ["simulate", *told]).output


@pytest.mark.parametrize("to", ["127.0.0.1:8080", "collector", "http://", "http://x:99999", "ftp://x"])
def test_what_is_no_address_is_refused(to: str) -> None:
    assert f"--to {to} is no address: write http://host:port" in refused(to=to)


def test_a_dead_collector_is_named_with_what_to_do() -> None:
    assert f"no collector answers at {CLOSED}" in (said := refused())
    assert "start one with `inferfleet serve`, or name its address with --to" in said
    assert len(said.strip().splitlines()) == 1


def test_a_bad_table_ends_it_with_a_line_for_each_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE + "Pixel 4,face,gpu,1\nPixel 4,face,cpu,slow\n")
    lines = refused().strip().splitlines()
    assert lines[0].startswith("inferfleet: t.csv, line 4: there is no backend 'gpu'; write one of cpu,")
    assert lines[1].startswith("inferfleet: t.csv, line 5: ms is 'slow'; write milliseconds")


def test_deciding_needs_the_token_of_the_collector_that_is_played_to(tmp_path: Path) -> None:
    needs = f"--decide-every needs the admin token of {CLOSED}: set INFERFLEET_API__ADMIN_TOKEN to it"
    assert needs in refused("--decide-every", "2")
    folder = tmp_path / "inferfleet-data"
    folder.mkdir()
    (folder / "admin.token").write_text("a-token-of-another-collector\n")
    (folder / "collector.json").write_text('{"pid": 1, "url": "http://127.0.0.1:8080"}')
    assert needs in refused("--decide-every", "2")
    (folder / "collector.json").write_text('{"pid": 1, "url": "http://localhost:9"}')
    assert "no collector answers" in refused("--decide-every", "2")


def test_the_lies_that_help_offers_are_those_that_there_are() -> None:
    assert list(get_args(LieName)) == list(Lie)


def test_the_bar_says_how_far_it_is() -> None:
    line = bar_line(Progress(1500, 3000, "deciding"), 3.0)
    assert line == f"[{'#' * 15}{' ' * 15}] 1,500 of 3,000 sessions, 500/s, deciding"
