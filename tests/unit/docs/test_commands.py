"""Every command that a document or a message names is there, with its options."""

import re
from pathlib import Path

import pytest

from tests.unit.cli.commands import ROOT as PROGRAM
from tests.unit.cli.parsing import complaint, names_a_command
from tests.unit.docs.commands import DOCUMENTS, ROOT, SOURCES, mentions, printed_lines

NOT_BUILT = "## Not built yet"


def wrong(text: str) -> list[str]:
    """What does not fit the command line, with why."""
    found = []
    for mention in mentions(text):
        words = mention.split()[1:]
        if all(re.fullmatch(r"[a-z]+", word) for word in words):  # a name, without the options that it needs
            why = None if names_a_command(words) else "no such command"
        else:
            why = complaint(mention)
        found += [f"{mention}: {why}"] if why else []
    for line in printed_lines(text):
        found += [f"{line}: {why}"] if (why := complaint(line)) else []
    return found


@pytest.mark.parametrize("document", [*DOCUMENTS, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_line_parses(document: Path) -> None:
    assert wrong(document.read_text().partition(NOT_BUILT)[0]) == []


def test_what_is_not_built_is_not_there() -> None:
    rows = (ROOT / "docs/architecture.md").read_text().partition(NOT_BUILT)[2].splitlines()
    what = [row.split("|")[1] for row in rows if row.startswith("| ")][1:]
    assert len(what) > 2
    planned = [line for cell in what for line in mentions(cell)]
    assert [line for line in planned if names_a_command(line.split()[1:3])] == []


def test_documents_are_read_at_all() -> None:
    lines = [line for document in DOCUMENTS for line in printed_lines(document.read_text())]
    named = [line for document in DOCUMENTS for line in mentions(document.read_text())]
    assert len(lines) >= 4
    assert len(named) > 40
    assert wrong(
        "`inferfleet kil` `inferfleet kill --nota x --app a`\n```sh\nA=1 .venv/bin/inferfleet kill\n```"
    )


def test_the_table_of_the_readme_has_every_command_once() -> None:
    rows = re.findall(r"^\| (`inferfleet .*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    named = [line.split()[1] for row in rows for line in mentions(row)]
    assert sorted(named) == sorted(PROGRAM.commands)
