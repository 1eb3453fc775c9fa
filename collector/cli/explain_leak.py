"""A leak's traces in sentences: what stays, and which line of the app's own sources made it."""

import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from collector.cli.summaries import many
from collector.source_maps import BadFolder, Frame, Place, Resolved, resolve

__all__ = ["BadFolder", "lines_of", "tell_leak"]

MOST_CALLERS = 3
MOST_SHAPES = 3
_UNIT = 1024.0
_INDENT = "     "


def lines_of(explained: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """``lines``: for each of the explanation's sites, or several that are one line, what to say of it.

    ``problems``: what kept places from being resolved. ``searched``: whether a folder was given.

    Raises:
        BadFolder: it cannot be searched for scripts.
    """
    sites = explained["sites"]
    if folder is None:
        known = Resolved({}, [])
    else:
        known = resolve(folder, (place for site in sites for place in _places(site)))
    per_load = explained["finding"]["kind"] == "load_leak"
    by_line: dict[Any, tuple[list[Mapping[str, Any]], list[Frame]]] = {}
    for site in sites:
        made_in = _made_in([known.frames.get(place) for place in _places(site)])
        key = (site["model"], made_in[0]) if made_in else len(by_line)
        # Several ways may lead to one line: the callers of the one that most sessions took are shown.
        by_line.setdefault(key, ([], made_in))[0].append(site)
    lines = []
    for ways, made_in in by_line.values():
        site = _joined(ways, explained["growing"])
        lines.append(
            {
                "model": site["model"],
                "sessions": site["sessions"],
                "what": _what(site, per_load=per_load),
                "made_in": [frame._asdict() for frame in made_in],
                "place": site["frames"][0],
            }
        )
    return {"lines": lines, "problems": list(known.problems), "searched": folder is not None}


def _joined(ways: Sequence[Mapping[str, Any]], growing: int) -> Mapping[str, Any]:
    """One site of those that are one line. Sessions are not named: how many there are is estimated."""
    first, *others = ways
    if not others:
        return first
    told = sum(way["sessions"] for way in ways)
    sessions = min(told, growing)
    tensors: dict[tuple[str, str], dict[str, Any]] = {}
    for each in (each for way in ways for each in way["tensors"]):
        known = tensors.setdefault((each["dtype"], each["shape"]), {**each, "count": 0, "bytes": 0})
        known["count"] += each["count"]
        known["bytes"] += each["bytes"]
    return {
        **first,
        "sessions": sessions,
        "count": sum(way["count"] for way in ways),
        "bytes": sum(way["bytes"] for way in ways),
        "predictions": round(sum(way["predictions"] for way in ways) * sessions / told),
        "loads": round(sum(way["loads"] for way in ways) * sessions / told),
        "kinds": max(len(tensors), *(way["kinds"] for way in ways)),
        "tensors": sorted(tensors.values(), key=lambda each: -each["bytes"]),
    }


def tell_leak(explained: Mapping[str, Any]) -> None:
    """The finding, then a paragraph for each line."""
    finding = explained["finding"]
    cohort = finding["cohort"]
    release = f", release {cohort['release']}" if cohort["release"] else ""
    _say(
        f"{finding['kind']} {finding['finding_id']} of {cohort['app']}, model {cohort['model']}{release} "
        f"on {cohort['backend']}: {finding['state']} since {finding['opened_at'][:16].replace('T', ' ')} UTC"
    )
    _say(finding["summary"])
    typer.echo("")
    for text in _traced(explained):
        _say(text)
    for problem in explained["problems"]:
        _say(f"not resolved: {problem}")


def _say(text: str) -> None:
    """Broken between words where a terminal is too narrow; one line where a program reads it."""
    if sys.stdout.isatty():
        text = textwrap.fill(
            text,
            shutil.get_terminal_size().columns,
            subsequent_indent=_INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
    typer.echo(text)


def _traced(explained: Mapping[str, Any]) -> list[str]:
    traced, growing = explained["traced"], explained["growing"]
    if not traced:
        return [
            "No session of this cohort was traced: set leakTrace in the SDK, in development or for a canary "
            "release (docs/leaks.md, Down to the line)."
        ]
    texts = [f"{many(traced, 'session')} traced; something stays and grows in {growing} of them."]
    for number, line in enumerate(explained["lines"], start=1):
        where, callers = _where(line, searched=explained["searched"])
        other = line["model"] != explained["finding"]["cohort"]["model"]
        whose = f" (while {line['model']} predicted)" if other else ""
        texts.append(f"{number}. {line['what']}, in {line['sessions']} of {many(growing, 'session')}")
        texts.append(f"{_INDENT}made {where}{whose}")
        texts += [f"{_INDENT}called from {caller}" for caller in callers]
    return texts


def _where(line: Mapping[str, Any], *, searched: bool) -> tuple[str, list[str]]:
    frames: Sequence[Mapping[str, Any]] = line["made_in"]
    if not frames:
        place = line["place"]
        hint = "" if searched else " (--source-maps FOLDER names the source line)"
        return f"at {place['line']}:{place['column']} of script {place['script']}{hint}", []
    first, *callers = [
        (f"{frame['function']}() at " if frame["function"] else "") + f"{frame['source']}:{frame['line']}"
        for frame in frames
    ]
    return f"{'in' if frames[0]['function'] else 'at'} {first}", callers[:MOST_CALLERS]


def _made_in(frames: Sequence[Frame | None]) -> list[Frame]:
    """The app's own frames, the one that made it first; the library's outermost where there is none.

    A callback that is written on the line that passes it on, as in ``tf.tidy(() => ...)``, belongs to the
    function around it.
    """
    known = [frame for frame in frames if frame is not None]
    own = [frame for frame in known if not frame.is_library]
    made_in: list[Frame] = []
    for frame in own:
        if made_in and (made_in[-1].source, made_in[-1].line) == (frame.source, frame.line):
            made_in[-1] = frame if frame.function else made_in[-1]
        else:
            made_in.append(frame)
    return made_in or known[-1:]


def _what(site: Mapping[str, Any], *, per_load: bool) -> str:
    """``2 float32[1,256,256,3] per prediction (768.0 KB each)``."""
    over, per = (site["loads"], "load") if per_load and site["loads"] else (site["predictions"], "prediction")
    tensors = site["tensors"]
    rate = _rate(site["count"] / over)
    size = f" ({_size(site['bytes'] / site['count'])} each)" if site["bytes"] else ""
    if site["kinds"] == 1:
        return f"{rate} {_kind(tensors[0])} per {per}{size}"
    shapes = ", ".join(_kind(each) for each in tensors[:MOST_SHAPES])
    more = site["kinds"] - min(len(tensors), MOST_SHAPES)
    total = f" ({_size(site['bytes'] / over)} in all)" if site["bytes"] else ""
    return f"{rate} tensors per {per}{total}: {shapes}" + (f" and {more} other shapes" if more else "")


def _kind(tensors: Mapping[str, Any]) -> str:
    if tensors["dtype"] == "session":
        return "inference session"
    return f"{tensors['dtype']}[{tensors['shape']}]"


def _rate(rate: float) -> str:
    return f"{rate:.0f}" if abs(rate - round(rate)) < 0.05 and rate >= 1 else f"{rate:.2g}"


def _size(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < _UNIT:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _UNIT
    return f"{size:.1f} GB"


def _places(site: Mapping[str, Any]) -> list[Place]:
    return [Place(frame["script"], frame["line"], frame["column"]) for frame in site["frames"]]
