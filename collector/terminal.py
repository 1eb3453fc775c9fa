"""How commands read their settings and say what is wrong."""

from typing import NoReturn

import typer

from collector.settings import BadSettings, Settings, load_settings


def read_settings() -> Settings:
    """The settings; a mistake in them ends the command with a line for each."""
    try:
        return load_settings()
    except BadSettings as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    """Ends the command: the message on stderr, without a traceback, and exit code 1."""
    for line in message.splitlines():
        typer.echo(f"inferfleet: {line}", err=True)
    raise typer.Exit(1)
