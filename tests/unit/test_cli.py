from typing import Any

import pytest
from typer.testing import CliRunner

from collector import cli


@pytest.mark.parametrize(("flag", "author"), [([], None), (["--scheduled"], "job")])
def test_only_a_scheduled_publication_is_the_jobs(
    flag: list[str], author: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append((name, arguments))
        return {}

    monkeypatch.setattr(cli, "_perform", perform)
    assert CliRunner().invoke(cli.app, ["publish", *flag]).exit_code == 0
    assert asked == [("publish", {"app": None, "author": author})]
