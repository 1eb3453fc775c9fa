"""Reads the table that a simulated fleet plays: what one prediction takes, by device, model and backend.

CSV with a header. Columns ``device, model, backend, ms`` are needed; ``browser, variant, warmup_ms,
error_rate, default`` may be there; others are ignored. Lines that begin with ``#`` are comments.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from collector.contract.vocabulary import Backend

NEEDED = ("device", "model", "backend", "ms")
OPTIONAL = ("browser", "variant", "warmup_ms", "error_rate", "default")
MOST_BYTES = 16 << 20
MOST_MS = 600_000.0
MOST_TOLD = 10
"""Mistakes named in one message: a column that is wrong in every line need not be told a thousand times."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_BACKENDS = tuple(backend.value for backend in Backend if backend is not Backend.OTHER)
_YES, _NO = ("yes", "1", "true"), ("", "no", "0", "false")


class BadTable(ValueError):
    """The table does not fit. The message has a line for each mistake: where, what, what to write instead."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    line: int
    device: str
    browser: str
    model: str
    backend: Backend
    variant: str
    ms: float
    """A warm prediction until its result is ready."""
    warmup_ms: float
    """The first prediction; ``ms`` when the table does not say."""
    error_rate: float
    """The share of predictions that fail."""
    default: bool
    """What the engine picks by itself on this device, instead of TensorFlow.js's own order."""

    @property
    def key(self) -> tuple[str, ...]:
        """What no other row of the table may share."""
        return self.device, self.browser, self.model, self.backend, self.variant


def read_table(path: Path) -> list[Row]:
    """The rows of a file, in its order.

    Raises:
        BadTable: the file cannot be read, or a line does not fit.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadTable(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise BadTable(f"{path} is larger than {MOST_BYTES >> 20} MB: play a part of it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadTable(f"{path}, line {line}: not UTF-8; save the table as UTF-8") from error
    return parse_table(text, str(path))


def parse_table(text: str, name: str) -> list[Row]:
    """The rows of a table's text.

    Args:
        text: CSV as above.
        name: what messages call it.

    Raises:
        BadTable: see there.
    """
    lines = _records(text, name)
    header_line, header = next(lines, (1, []))
    columns = [column.strip().lower() for column in header]
    if not columns:
        raise BadTable(
            f"{name} is empty: write the header `{','.join(NEEDED)}`, then a line for each backend"
        )
    if missing := [column for column in NEEDED if column not in columns]:
        hint = "; separate the columns by commas" if len(columns) == 1 else ""
        raise BadTable(
            f"{name}, line {header_line}: the header lacks {', '.join(missing)}; "
            f"it needs {', '.join(NEEDED)} and may have {', '.join(OPTIONAL)}{hint}"
        )
    if twice := sorted({column for column in columns if column and columns.count(column) > 1}):
        raise BadTable(
            f"{name}, line {header_line}: the header has {', '.join(twice)} more than once; keep one"
        )
    rows, mistakes = [], []
    first: dict[tuple[str, ...], int] = {}
    for line, cells in lines:
        try:
            rows.append(_read_row(line, columns, cells, first))
        except _Mistake as mistake:
            mistakes.append(f"{name}, line {line}: {mistake}")
    if mistakes:
        more = len(mistakes) - MOST_TOLD
        raise BadTable(
            "\n".join([*mistakes[:MOST_TOLD], *([f"and {more} more like these"] if more > 0 else [])])
        )
    if not rows:
        raise BadTable(
            f"{name} has a header and no line below it: write a line for each device, model and backend"
        )
    _check_defaults(rows, name)
    return rows


class _Mistake(Exception):
    """What is wrong in one line."""


def _records(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and fields, comments and empty lines left out. A field may hold a line's end in quotes."""
    at = 0

    def feed() -> Iterator[str]:
        nonlocal at
        for number, line in enumerate(io.StringIO(text, newline=""), 1):
            if line.strip() and not line.startswith("#"):
                at = at or number
                yield line

    reader = csv.reader(feed(), strict=True)
    while True:
        at = 0
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadTable(
                f"{name}, line {at}: a quote is not closed, or stands in the wrong place"
            ) from error
        yield at, fields


def _read_row(
    line: int, columns: Sequence[str], cells: Sequence[str], first: dict[tuple[str, ...], int]
) -> Row:
    if len(cells) != len(columns):
        raise _Mistake(
            f"{len(cells)} fields, but the header has {len(columns)}; put a text with a comma in quotes"
        )
    told = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
    for column in NEEDED:
        if not told[column]:
            raise _Mistake(f"{column} is empty")
    backend = told["backend"].lower()
    if backend not in _BACKENDS:
        raise _Mistake(f"there is no backend {told['backend']!r}; write one of {', '.join(_BACKENDS)}")
    variant = told.get("variant") or "original"
    for column, name in (("model", told["model"]), ("variant", variant)):
        if not _NAME.fullmatch(name):
            raise _Mistake(
                f"{column} {name!r} is no name for a page; write up to 64 letters, digits and . _ + -"
            )
    ms = _number(
        told,
        "ms",
        "milliseconds above 0 (and up to 600,000), such as 20.3",
        lambda value: 0 < value <= MOST_MS,
    )
    row = Row(
        line=line,
        device=told["device"],
        browser=told.get("browser", ""),
        model=told["model"],
        backend=Backend(backend),
        variant=variant,
        ms=ms,
        warmup_ms=_number(
            told,
            "warmup_ms",
            "milliseconds up to 600,000, or nothing",
            lambda value: 0 <= value <= MOST_MS,
            empty=ms,
        ),
        error_rate=_number(
            told, "error_rate", "a share of predictions from 0 to 1", lambda value: 0 <= value <= 1, empty=0.0
        ),
        default=_flag(told.get("default", "")),
    )
    if (known := first.setdefault(row.key, line)) != line:
        raise _Mistake(f"the same device, model and backend as line {known}; keep one of the two")
    return row


def _number(
    told: dict[str, str], column: str, wanted: str, fits: Callable[[float], bool], empty: float | None = None
) -> float:
    text = told.get(column, "")
    if not text and empty is not None:
        return empty
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not fits(value):  # nor does NaN
        raise _Mistake(f"{column} is {text!r}; write {wanted}")
    return value


def _flag(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise _Mistake(f"default is {text!r}; write yes for what the engine picks by itself, or nothing")


def _check_defaults(rows: Sequence[Row], name: str) -> None:
    marked: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.default and (other := marked.setdefault(row.key[:3], row.line)) != row.line:
            raise BadTable(
                f"{name}, line {row.line}: the device has another default in line {other}; "
                "mark one backend for each device and model"
            )
