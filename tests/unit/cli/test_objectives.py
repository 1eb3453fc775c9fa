"""``inferfleet apps`` sets, shows and takes back an app's objective."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from collector.cli.app import app


@pytest.fixture
def inferfleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFERFLEET_DATA_DIR", str(tmp_path / "data"))
    assert run("migrate").exit_code == 0


def run(*command: str) -> Result:
    return CliRunner().invoke(app, command)


def shown() -> list[str]:
    done = run("apps", "show", "--app", "shop")
    assert done.exit_code == 0, done.output
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_an_objective_is_set_shown_refused_and_taken_back(inferfleet: None) -> None:
    assert run("apps", "add", "--app", "shop", "--objective", "loop").exit_code == 0
    assert "objective loop" in shown()
    listed = run("apps", "list")
    header, row = (line.split() for line in listed.stdout.splitlines()[:2])
    assert "OBJECTIVE" in header
    assert "loop" in row

    changed = run("apps", "set", "--app", "shop", "--objective", "ready=1,first_result=0.5", "--json")
    assert json.loads(changed.stdout)["objective"] == "ready=1,first_result=0.5,quantile=0.75"

    for objective, said in (
        ("fast", "no objective or term 'fast': write one of balanced, loop, one-shot, small-download"),
        ("ready=-1", "ready must be a number from 0 to 100"),
        ("ready=0", "an objective needs a term with a weight above 0"),
    ):
        refused = run("apps", "set", "--app", "shop", "--objective", objective)
        assert refused.exit_code == 1
        assert said in " ".join(refused.output.split())
        assert "pydantic" not in refused.output
    both = run("apps", "set", "--app", "shop", "--objective", "loop", "--default", "objective")
    assert "objective cannot be set and taken back" in both.output
    assert "objective ready=1,first_result=0.5,quantile=0.75" in shown()

    assert run("apps", "set", "--app", "shop", "--default", "objective").exit_code == 0
    assert "objective default" in shown()
