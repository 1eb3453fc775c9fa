"""Labels of classification inputs: a CSV with one class number for each input."""

import csv
from collections.abc import Sequence
from pathlib import Path

from collector.variants.evaluate.errors import EvaluateError

MAX_BYTES = 16 * 2**20


def read_labels(path: Path, names: Sequence[str]) -> list[int]:
    """The class of each input, in the inputs' order.

    The header is ``input,label`` (an input is a picture's file name or a sample's number from 0) or ``label``
    alone, with a line for each input in order.

    Raises:
        EvaluateError: it cannot be read, or does not give each input exactly one class number.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise EvaluateError(f"{path} is larger than {MAX_BYTES:,} bytes: it cannot be a file of labels")
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    except OSError as error:
        raise EvaluateError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EvaluateError(f"{path} is not UTF-8") from error
    if not rows or "label" not in rows[0]:
        raise EvaluateError(
            f"{path}: the first line must be `input,label` or `label`, and a line follows for each input"
        )
    if len(rows) != len(names):
        raise EvaluateError(
            f"{path} has {len(rows):,} labels for {len(names):,} inputs: each needs exactly one"
        )
    labels = [_label(row.get("label"), path, at + 2) for at, row in enumerate(rows)]
    if "input" not in rows[0]:
        return labels
    by_name: dict[str, int] = {}
    for at, (row, label) in enumerate(zip(rows, labels, strict=True)):
        name = str(row["input"])
        if name in by_name:
            raise EvaluateError(f"{path}, line {at + 2}: the input {name!r} has a label already")
        by_name[name] = label
    if missing := [name for name in names if name not in by_name]:
        raise EvaluateError(f"{path} has no label for the input {missing[0]!r}")
    return [by_name[name] for name in names]


def _label(text: str | None, path: Path, line: int) -> int:
    try:
        label = int(text or "")
    except ValueError:
        label = -1
    if label < 0:
        raise EvaluateError(f"{path}, line {line}: {text!r} is no class: write a whole number from 0")
    return label
