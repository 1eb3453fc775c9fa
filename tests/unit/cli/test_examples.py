"""The help of each command ends with an example that works."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector.cli.app import app
from tests.unit.cli.commands import COMMANDS
from tests.unit.cli.parsing import complaint


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_has_an_example_of_the_command_that_is_well_formed(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "-h"])
    assert done.exit_code == 0
    _, _, examples = done.output.partition("\n  Example")
    lines = [line.strip() for line in examples.splitlines()[1:] if line.strip()]
    assert lines
    for line in lines:
        assert line.startswith(" ".join(["inferfleet", *words]))
        assert complaint(line) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("inferfleet kil --app shop", "No such command"),
        ("inferfleet kill shop", "--app"),
        ("inferfleet kill --app shop --nota x", "--nota"),
        ("inferfleet rollback --app shop", "--version"),
        ("inferfleet rollback --app shop --version many", "--version"),
        ("inferfleet apps ad --app shop", "No such command"),
        ("inferfleet --install-completions", "no such option"),
        ("inferfleet --version --install-completion", "stands alone"),
        ("inferfleet --install-completion kill --app shop", "stands alone"),
        ("inferfleet kill --app shop --install-completion", "--install-completion"),
    ],
)
def test_a_line_that_is_not_well_formed_is_found(line: str, why: str) -> None:
    assert why in (complaint(line) or "")


@pytest.mark.parametrize("option", ["--install-completion", "--show-completion", "--version"])
def test_to_read_a_line_does_nothing_of_what_it_says(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert complaint(f"inferfleet {option}") is None
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")
