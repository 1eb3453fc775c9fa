from typing import Any

import pytest
from typer.testing import CliRunner

from collector.cli import config
from collector.cli.app import app


@pytest.mark.parametrize(("flag", "author"), [([], None), (["--scheduled"], "job")])
def test_only_a_scheduled_publication_is_the_jobs(
    flag: list[str], author: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append((name, arguments))
        return {"publications": []}

    monkeypatch.setattr(config, "perform", perform)
    assert CliRunner().invoke(app, ["publish", *flag]).exit_code == 0
    assert asked == [("publish", {"app": None, "author": author})]
