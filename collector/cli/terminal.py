"""How commands read their settings, print, and say what is wrong."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel

    from collector.settings import Settings


def read_settings() -> "Settings":
    """The settings; a mistake in them ends the command with a line for each."""
    from collector.settings import BadSettings, load_settings

    try:
        return load_settings()
    except BadSettings as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Ends the command: the message on stderr, without a traceback, and exit code 1."""
    for line in message.splitlines():
        typer.echo(f"inferfleet: {line}", err=True)
    raise typer.Exit(1)


def confirm(question: str, *, yes: bool) -> None:
    """Asks before what cannot be undone; a script says ``--yes``."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{question} Nobody can be asked here: add --yes")
    if not typer.confirm(question):
        raise typer.Exit(1)


def show(summary: dict[str, Any], tell: Callable[[Mapping[str, Any]], None], *, as_json: bool) -> None:
    """Prints a summary: as JSON, or by ``tell``, in words."""
    if as_json:
        print_json(summary)
    else:
        tell(summary)


def print_json(summary: dict[str, Any]) -> None:
    """Prints a summary as JSON."""
    typer.echo(json.dumps(summary, indent=2))


def print_model(answer: "BaseModel") -> None:
    """Prints a model as JSON."""
    typer.echo(answer.model_dump_json(indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows under their head, in columns as wide as their widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
