"""evaluation.json: what was measured and decided, the same text for the same results."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from collector import __version__
from collector.variant_folder import BuiltVariant
from collector.variant_folder.measured import FORMAT, MEASURED
from collector.variants.evaluate.agreement import Judgement
from collector.variants.evaluate.cells import Cell, Subject
from collector.variants.evaluate.difference import Task
from collector.variants.evaluate.engine import Engine
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.gates import Limits
from collector.variants.evaluate.subjects import source_of
from collector.variants.evaluate.verdicts import CellVerdict, VariantVerdict

DIGITS = 6


class Results(NamedTuple):
    """All that the report is made of. ``read`` are the outputs that an app reads; empty: all."""

    subject: Subject
    engine: Engine
    chromium_major: int
    runs_as: Mapping[str, str]
    task: Task
    read: Sequence[str]
    limits: Limits
    labels: Sequence[int] | None
    postprocess: Path | None
    source: Judgement
    cells: Mapping[tuple[str, str], Cell]
    verdicts: Mapping[str, VariantVerdict]
    warnings: Sequence[str]


def make_report(results: Results) -> dict[str, Any]:
    """The report as JSON has it. Bytes, milliseconds and shares of 1; None where there is no number."""
    subject, source = results.subject, results.source
    return {
        "format": FORMAT,
        "model": subject.built.model,
        "tool": {
            "inferfleet": __version__,
            "engine": results.engine.name,
            "engine_version": results.engine.version,
            "browser": "chromium",
            "browser_major": results.chromium_major,
            "runs_as": dict(results.runs_as),
        },
        "inputs": {
            "kind": subject.inputs.kind,
            "samples": len(subject.inputs.samples),
            "sha256": _digest(subject),
            "labels": results.labels is not None,
            "sequences": len(subject.inputs.starts) or None,
        },
        "carry": {carry.output.name: carry.input.name for carry in subject.carries},
        "outputs": {
            "of_model": [port.name for port in source_of(subject.built).outputs],
            "judged_by": list(results.read) or None,
        },
        "task": results.task,
        "postprocess": None if results.postprocess is None else _script(results.postprocess),
        "limits": results.limits._asdict(),
        "backends": {
            "decided_by": source.decided_by,
            "agreeing": sorted(source.agreeing),
            "wrong": sorted(source.wrong),
            "not_finite": sorted(source.not_finite),
            "spread": _number(source.spread),
            "tolerance": _number(source.tolerance),
            "samples": len(source.samples),
            "drift": source.drifts,
        },
        "variants": [
            _variant(variant, results, results.verdicts[variant.name]) for variant in subject.built.ordered
        ],
        "warnings": list(results.warnings),
    }


def write_report(report: Mapping[str, Any], folder: Path) -> Path:
    """Writes the report as canonical JSON, in one step.

    Raises:
        EvaluateError: the folder cannot be written to.
    """
    path, part = folder / MEASURED, folder / f"{MEASURED}.part"
    try:
        part.write_text(
            json.dumps(report, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        )
        part.replace(path)
    except OSError as error:
        raise EvaluateError(f"cannot write {path}: {error.strerror}") from error
    return path


def _variant(variant: BuiltVariant, results: Results, verdict: VariantVerdict) -> dict[str, Any]:
    return {
        "name": variant.name,
        "id": variant.id,
        "bytes": variant.bytes,
        "brotli_bytes": variant.brotli_bytes,
        "compared_on": verdict.base,
        "error": _numbers(verdict.difference),
        "accuracy": _numbers(verdict.accuracy),
        "loss": _numbers(verdict.loss),
        "accepted": not verdict.refused_by,
        "refused_by": list(verdict.refused_by),
        "warnings": list(verdict.warnings),
        "cells": [
            _cell(results.cells[variant.name, backend.name], verdict.cells[backend.name], results.source)
            for backend in results.engine.backends
        ],
    }


def _cell(cell: Cell, verdict: CellVerdict, source: Judgement) -> dict[str, Any]:
    ready = cell.ready_ms
    return {
        "backend": cell.backend,
        "load_ms": _number(cell.load_ms),
        "requests": cell.requests,
        "first_ms": _number(cell.first_ms),
        "first_from": cell.first_from,
        "ready_ms": {
            f"p{level}": _number(float(np.percentile(ready, level))) if ready else None
            for level in (50, 75, 95)
        },
        "runs": len(ready),
        "samples": len(cell.outputs),
        "tensors": cell.tensors_loaded,
        "tensor_bytes": cell.tensor_bytes,
        "tensors_left": cell.tensors[-1] - cell.tensors[0] if cell.tensors else None,
        "heap_peak_bytes": cell.heap_peak_bytes,
        "backend_error": _number(verdict.error),
        "max_abs": _number(_farthest(cell, source)),
        "accuracy": _numbers(verdict.accuracy),
        "accepted": not verdict.refused_by,
        "refused_by": list(verdict.refused_by),
        "message": cell.message,
    }


def _farthest(cell: Cell, source: Judgement) -> float | None:
    """The largest difference to what the source is taken to compute, over the samples that both have."""
    pairs = [
        (mine, theirs)
        for at, outputs in zip(source.samples, source.reference, strict=True)
        if at < len(cell.outputs) and len(cell.outputs[at]) == len(outputs)
        for mine, theirs in zip(cell.outputs[at], outputs, strict=True)
        if mine.shape == theirs.shape and mine.size
    ]
    with np.errstate(invalid="ignore"):  # where both are infinite
        gaps = [np.abs(mine.astype(np.float64) - theirs.astype(np.float64)).max() for mine, theirs in pairs]
    return float(max(gaps)) if gaps else None


def _numbers(named: Any) -> dict[str, Any] | None:
    return None if named is None else {name: _number(value) for name, value in named._asdict().items()}


def _number(value: float | int | None) -> float | int | None:
    """Six digits, which is more than was measured; None for what JSON cannot say."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _script(path: Path) -> dict[str, str]:
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _digest(subject: Subject) -> str:
    """Of the inputs' bytes, so that two evaluations can be told to have had the same. Names are left out."""
    digest = hashlib.sha256()
    for sample in subject.inputs.samples:
        for name, array in sample.items():
            digest.update(f"{name} {array.dtype} {array.shape} ".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()
