"""Where documents and messages name the command line."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    path
    for pattern in (
        "README.md",
        "docs/*.md",
        "docs/runbooks/*.md",
        "client_sdk_js/README.md",
        "examples/*.md",
        "examples/*.toml",
        "examples/*/*.md",
        "deploy/**/*.md",
        "deploy/*.yaml",
        "deploy/.env.example",
        "benchmarks/*.md",
    )
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)
SOURCES = sorted([*ROOT.glob("collector/**/*.py"), *ROOT.glob("dashboards/fleet_page/src/*.ts")])
_BLOCK = re.compile(r"```.*?\n(.*?)```", re.DOTALL)
_MENTION = re.compile(r"`(inferfleet [^`]+)`")
_SETTINGS_IN_FRONT = re.compile(r"^(?:\w+=(?:'[^']*'|\S*) )*")
_PROGRAM = re.compile(r"^(?:\S*/)?(inferfleet .*)$")


def mentions(text: str) -> Iterator[str]:
    """What stands between backticks and begins with ``inferfleet``; a line's end in it is a space."""
    for found in _MENTION.findall(_BLOCK.sub("", text)):
        yield re.sub(r"\{[\w.]+\}", "x", " ".join(found.split()))  # of an f-string


def printed_lines(text: str) -> Iterator[str]:
    """Lines of code blocks that call the command, without the settings in front of it."""
    for block in _BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if found := _PROGRAM.match(_SETTINGS_IN_FRONT.sub("", line.strip())):
                yield found[1]
