"""Reads a command line as ``inferfleet`` would, and runs nothing."""

import shlex
from itertools import takewhile
from typing import Any

from tests.unit.cli.commands import ROOT, options

HELP = {"--help", "-h"}


def complaint(line: str) -> str | None:
    """What is wrong with ``line`` (``inferfleet kill --app shop``); None when nothing is."""
    program, *words = shlex.split(line, comments=True)
    assert program == "inferfleet", line
    *front, last = words
    if last in HELP:
        return None if names_a_command(front) else "no such command"
    # The program's own options do what they are for as soon as they are read, such as to change ~/.bashrc.
    own = list(takewhile(lambda word: word.startswith("-"), words))
    if own:
        if own[0] not in options(ROOT):
            return "no such option"
        return None if len(words) == 1 else f"{own[0]} stands alone"
    try:
        _read(ROOT, program, words, parent=None)
    except Exception as error:
        if hasattr(error, "format_message"):  # Typer's own: a name or an option that there is not
            return str(error.format_message())
        raise
    return None


def _read(command: Any, name: str, words: list[str], *, parent: Any) -> None:
    context = command.make_context(name, words, parent=parent)
    if hasattr(command, "commands"):
        # The group has read its own options; the rest begins with a command's name.
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        _read(found, name, rest, parent=context)


def names_a_command(words: list[str]) -> bool:
    """Whether these words alone (``["apps", "add"]``) lead to a command or a group."""
    command: Any = ROOT
    for word in words:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            return False
    return True
