"""`--help` and `--version` load the command line's own modules and Typer, and nothing else."""

import subprocess
import sys
from typing import get_args

import pytest

from collector.cli.store import LayoutName
from collector.store.layout import Layout
from tests.unit.cli.commands import COMMANDS

LIGHT = {"collector", "typer", "annotated_doc", "shellingham"}
"""The last two are Typer's, of a file or two."""
LOADED = """
import sys
before = set(sys.modules)  # what the environment loads at every start is not the command's
from collector.cli.app import app
for words in sys.argv[1:]:
    try:
        app(words.split())
    except SystemExit as end:
        assert end.code == 0, words
print("\\n".join(sorted(set(sys.modules) - before)), file=sys.stderr)
"""


def loaded_by(*asked: str) -> set[str]:
    """The modules that these calls load, in a process of its own; the standard library's left out."""
    done = subprocess.run([sys.executable, "-c", LOADED, *asked], capture_output=True, text=True, check=True)
    return {
        name
        for name in done.stderr.split()
        if name.partition(".")[0] not in sys.stdlib_module_names and "sysconfigdata" not in name
    }


def packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("asked", ["--help", "-h", "--version"])
def test_it_loads_no_package_but_typer(asked: str) -> None:
    loaded = loaded_by(asked)
    assert {"collector", "typer"} <= packages(loaded) <= LIGHT
    assert not any(module.startswith("typer.rich") for module in loaded)


def test_the_help_of_every_command_loads_nothing_of_ours_but_the_command_line() -> None:
    loaded = loaded_by(*[" ".join([*words, "--help"]) for words in COMMANDS])
    ours = {module for module in loaded if module.startswith("collector.")}
    assert ours
    assert all(module.startswith("collector.cli") for module in ours)
    assert packages(loaded) <= LIGHT


def test_the_places_that_help_offers_are_those_that_there_are() -> None:
    assert list(get_args(LayoutName)) == list(Layout)
