"""A group of commands whose help costs little, and whose errors are in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption


class Group(TyperGroup):
    """Typer's group, but a flag that was not given is false, not unknown.

    Typer loads pydantic to read an unknown value. Its own `--help` and `--install-completion` are such flags,
    so without this `inferfleet kill --help` would take three times as long.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """The group's own options."""
        params = super().get_params(ctx)
        for option in params:
            if isinstance(option, TyperOption) and option.is_flag and option.default is None:
                option.default = False
        return params

    def make_context(self, *given: Any, **named: Any) -> Any:
        """The group's context; it reads the group's own options."""
        with _plain_words():
            return super().make_context(*given, **named)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was named; it reads the command's options first."""
        with _plain_words():
            return super().invoke(ctx)


class GroupThatActs(Group):
    """A group that does something itself without a subcommand, and has options for that.

    With a subcommand they are not read, or the subcommand's help would load pydantic for nothing.
    """

    _names_subcommand = False

    def get_params(self, ctx: Any) -> list[Any]:
        """The group's own options; its help alone when a subcommand follows."""
        params = super().get_params(ctx)
        return [each for each in params if each.name == "help"] if self._names_subcommand else params

    def make_context(self, info_name: str | None, args: list[str], *given: Any, **named: Any) -> Any:
        """The group's context, of the words that follow it."""
        self._names_subcommand = bool(args) and args[0] in self.commands
        return super().make_context(info_name, args, *given, **named)


@contextmanager
def _plain_words() -> Iterator[None]:
    """Says in our words what pydantic, by which Typer reads values, has against one."""
    try:
        yield
    except typer.BadParameter as error:
        if error.__cause__ is not None:
            from pydantic import ValidationError  # noqa: PLC0415 - loaded already by whoever raised it

            from collector.mistakes import sentence  # noqa: PLC0415

            if isinstance(error.__cause__, ValidationError):
                details = error.__cause__.errors(include_url=False, include_input=False)
                error.message = sentence(details[0])
        raise
