"""Every command of the real command line, by the words that start it."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from collector.cli.app import app

ROOT = get_command(app)


def commands(group: Any = ROOT, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The words (``("apps", "add")``) and the command they start, groups left out."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS = dict(commands())


def options(command: Any) -> dict[str, Any]:
    """A command's options by each of their names (``--app``)."""
    return {
        name: parameter
        for parameter in command.params
        if parameter.param_type_name == "option"
        for name in parameter.opts
    }
