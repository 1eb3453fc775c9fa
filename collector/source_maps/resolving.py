"""Places in scripts -> places in sources, with the name of the function around them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from collector.source_maps.scripts import scripts_of

READER = ("-m", "collector.source_maps.reading")
"""A process of its own: what parses a script may crash on it."""

_LIBRARY = re.compile(
    r"(^|/)node_modules/|(^|/)tfjs(-(core|converter|layers|data|backend-[a-z]+))?/(src|dist)/"
    r"|(^|/)onnxruntime-(web|common)/|(^|/)(inferfleet|client_sdk_js)/(src|dist)/|^(\(?webpack\)?|vite)/"
)
"""Sources that are not the app's own. Maps of packages name them by paths of their authors."""
MOST_TEXT = 200
LONGEST_SECONDS = 120.0


class Place(NamedTuple):
    """A place in a script as the wire names it; line and column from 1."""

    script: str
    line: int
    column: int


class Frame(NamedTuple):
    """A place in a source. Texts come from source maps: they are cut, and hold no control characters."""

    source: str
    line: int
    function: str
    """'' when the function has no name."""
    is_library: bool


class Resolved(NamedTuple):
    """What is known of places; those that are missing here are explained by ``problems``, if at all."""

    frames: Mapping[Place, Frame]
    problems: Sequence[str]


def resolve(folder: Path, places: Iterable[Place]) -> Resolved:
    """The sources of places, by the scripts and source maps of one folder.

    Raises:
        BadFolder: see ``scripts_of``.
    """
    scripts = scripts_of(folder)
    by_script: dict[str, list[Place]] = {}
    for place in dict.fromkeys(places):
        by_script.setdefault(place.script, []).append(place)
    frames: dict[Place, Frame] = {}
    problems = []
    for name, of_script in by_script.items():
        path = scripts.get(name)
        if path is None:
            problems.append(
                f"no script in {folder} is the one that the page ran ({name}): "
                "give the folder of the very build that was released"
            )
            continue
        answer = _look_up(path, folder, of_script)
        if isinstance(answer, str):
            problems.append(answer)
            continue
        for place, found in zip(of_script, answer, strict=True):
            if found is not None:
                frames[place] = _frame(*found)
    return Resolved(frames, problems)


def _look_up(script: Path, folder: Path, places: Sequence[Place]) -> list[list[str | int] | None] | str:
    """Source, line and function of each place, or why there are none.

    In a process of its own: what parses the script may be made to crash by one that nests too deeply.
    """
    asked = {
        "script": str(script),
        "folder": str(folder),
        "places": [[place.line, place.column] for place in places],
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own module; what is asked goes through stdin
            [sys.executable, *READER],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the source map of {script.name} took longer than {LONGEST_SECONDS:.0f} s to read"
    if done.returncode != 0:
        return f"the source map of {script.name} cannot be read: its reader ended with {done.returncode}"
    answer = json.loads(done.stdout)
    problem: str | None = answer.get("problem")
    found: list[list[str | int] | None] = answer.get("found", [])
    return found if problem is None else problem


def _frame(source: str | int, line: str | int, function: str | int) -> Frame:
    cleaned, name = _clean(str(source)), _clean(str(function))
    return Frame(
        source=cleaned,
        line=int(line),
        function="" if name.startswith("<") else name,
        is_library=_LIBRARY.search(cleaned) is not None,
    )


def _clean(text: str) -> str:
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", "", text)[:MOST_TEXT]
    return re.sub(r"^(webpack|vite|turbopack)://[^/]*/", "", text)
