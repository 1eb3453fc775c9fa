"""Who publishes, and why."""

from typing import Any

import pytest
from typer.testing import CliRunner

from collector.cli import config
from collector.cli.app import app


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments of each publication that the command asks for."""
    calls: list[dict[str, Any]] = []

    def perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert name == "publish"
        calls.append(arguments)
        return {"publications": []}

    monkeypatch.setattr(config, "perform", perform)
    return calls


@pytest.mark.parametrize(
    ("options", "author", "note"),
    [
        ([], "admin", ""),
        (["--scheduled"], "job", ""),
        (["--author", "ana", "--note", "float16 is good enough"], "ana", "float16 is good enough"),
    ],
)
def test_only_a_scheduled_publication_is_the_jobs(
    options: list[str], author: str, note: str, asked: list[dict[str, Any]]
) -> None:
    assert CliRunner().invoke(app, ["publish", *options]).exit_code == 0
    assert asked == [{"app": None, "note": note, "author": author}]


def test_the_schedule_has_no_other_name(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    refused = CliRunner().invoke(app, ["publish", "--scheduled", "--author", "ana"])
    assert refused.exit_code == 1
    assert "leave --author out" in refused.output
    assert asked == []
    monkeypatch.setenv("INFERFLEET_AUTHOR", "ana")  # of the person whose crontab it is
    assert CliRunner().invoke(app, ["publish", "--scheduled"]).exit_code == 0
    assert asked[0]["author"] == "job"


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("/proc/there-is-no-such-folder", "No such file or directory"),
        ("no-such-protocol://bucket/config", "Protocol not known"),
    ],
)
def test_documents_that_cannot_be_written_are_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, out: str, why: str
) -> None:
    def perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return {"documents": {"": "{}"}} if name == "documents" else {"publications": []}

    monkeypatch.setattr(config, "perform", perform)
    refused = CliRunner().invoke(app, ["publish", "--app", "shop", "--out", out])
    assert refused.exit_code == 1
    assert "the version is published, but its documents cannot be written" in refused.output
    assert why in refused.output
