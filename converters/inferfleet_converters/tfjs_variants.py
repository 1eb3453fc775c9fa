"""The variants of a graph model: one document, weights stored in four ways."""

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from .canonical import canonical_json
from .compact import renamed, short_names, without_unread
from .float_weights import FLOAT16_MAX, Array, asked_to_keep, kept_float
from .graph_facts import count_ops, ends, warnings_of
from .graph_model import GraphModel
from .op_lists import read_op_lists
from .refusal import Refused

KINDS = ("source", "float16", "uint16", "uint8")
"""TensorFlow.js decodes all of them to float32 when it loads: they save download, neither memory nor time."""
MOST_FILES = 1_024
"""Of one variant: as many as a page checks. The reader of variants.json takes no more."""


def write_tfjs_variant(
    model: GraphModel,
    kind: str,
    folder: Path,
    *,
    keep_float: tuple[str, ...],
    shard_bytes: int,
    short: bool = False,
) -> dict[str, Any]:
    """Writes model.json and its files of weights to ``folder``, which is empty.

    With ``short`` the inner nodes get short names; what is returned and refused has the model's own.

    Returns:
        What variants.json says of it, but for its files.

    Raises:
        Refused: nothing can be quantised, or the converter did not do what it was told.
    """
    floats = model.floats()
    kept = {} if kind == "source" else kept_float(floats, kind, asked_to_keep(sorted(floats), keep_float))
    quantised = [] if kind == "source" else sorted(floats.keys() - kept.keys())
    if kind != "source" and not quantised:
        raise Refused(
            f"{kind} would change nothing: each of the {len(floats)} float weights is small, out of range "
            "or kept; build the model without it (--only)"
        )
    manifest = _write_weights(model, kind, quantised, folder, shard_bytes)
    _check(model, kind, quantised, manifest, folder)
    for group in manifest:
        group["paths"] = [_named_by_content(folder / name) for name in group["paths"]]
    document = model.document | {"weightsManifest": manifest}
    stored = without_unread(document, read_op_lists())
    if short:
        stored = renamed(stored, short_names(document))
    for spec in (spec for group in stored["weightsManifest"] for spec in group["weights"]):
        spec.get("quantization", {}).pop("original_dtype", None)  # JavaScript reads `dtype` alone
    (folder / "model.json").write_bytes(_bytes(stored))
    return {
        "name": kind,
        "kind": kind,
        "entry": f"{kind}/model.json",
        "id": _identity(stored, folder),
        "inputs": ends(document, "inputs"),
        "outputs": ends(document, "outputs"),
        "ops": count_ops(document["modelTopology"]),
        "weights": _weights_by_dtype(model, manifest),
        "kept_float": [{"name": name, "why": kept[name]} for name in sorted(kept)],
        "warnings": warnings_of(document, read_op_lists()),
    }


def _write_weights(
    model: GraphModel, kind: str, quantised: list[str], folder: Path, shard_bytes: int
) -> list[dict[str, Any]]:
    from tensorflowjs.write_weights import write_weights  # noqa: PLC0415 - loads TensorFlow

    group = [{"name": name, "data": model.weights[name]} for name in sorted(model.weights)]
    # Names as globs that match themselves alone: a bracket in a name would match something else, or nothing.
    wanted = {kind: [_literally(name) for name in quantised]} if quantised else None
    manifest: list[dict[str, Any]] = write_weights(
        [group],
        str(folder),
        shard_size_bytes=shard_bytes,
        write_manifest=False,
        quantization_dtype_map=wanted,
    )
    if (count := sum(len(written["paths"]) for written in manifest)) >= MOST_FILES:
        least = -(-shard_bytes * count // (MOST_FILES - 1))
        raise Refused(
            f"the weights would be in {count:,} files, and a page checks {MOST_FILES:,} at most, model.json "
            f"among them: give a --shard-size of at least {least:,} bytes"
        )
    return manifest


def _literally(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _check(
    model: GraphModel, kind: str, quantised: list[str], manifest: list[dict[str, Any]], folder: Path
) -> None:
    """Reads back what was written: each weight that was to be quantised is, no other, and none is far off.

    Raises:
        Refused: the files are not what was asked for.
    """
    from tensorflowjs.read_weights import read_weights  # noqa: PLC0415

    specs = {weight["name"]: weight for group in manifest for weight in group["weights"]}
    done = sorted(name for name, spec in specs.items() if spec.get("quantization", {}).get("dtype") == kind)
    if done != quantised or specs.keys() != model.weights.keys():
        raise Refused(
            f"{kind}: the converter quantised {len(done)} weights of {len(quantised)}; this is a fault of "
            "ours"
        )
    for entry in read_weights(manifest, str(folder), flatten=True):
        name, values = entry["name"], entry["data"]
        given = model.weights[name]
        if values.dtype != given.dtype or values.shape != given.shape:
            raise Refused(
                f"{kind}: the weight {name} came back as {values.dtype} {values.shape}; this is a fault of "
                "ours"
            )
        if name in quantised and not _close(given, values, kind):
            raise Refused(
                f"{kind}: the weight {name} came back too far from what it was: keep it (--keep-float "
                f"'{name}')"
            )


def _close(given: Array, back: Array, kind: str) -> bool:
    """Whether no value is off by more than a step of the quantisation."""
    if not np.isfinite(back).all():
        return False
    exact = given.astype(np.float64)
    off = float(np.abs(exact - back.astype(np.float64)).max())
    largest = float(np.abs(exact).max())
    if kind == "float16":
        return off <= largest / 1024 and largest <= FLOAT16_MAX
    step = float(exact.max() - exact.min()) / (255 if kind == "uint8" else 65535)
    return off <= step + largest * 1e-6


def _named_by_content(path: Path) -> str:
    name = f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}.bin"
    path.replace(path.with_name(name))
    return name


def _bytes(document: dict[str, Any]) -> bytes:
    try:
        return canonical_json(document)
    except ValueError as error:
        raise Refused(
            "the model's graph holds NaN or infinity, which no browser can read: train it again"
        ) from error


def _identity(document: dict[str, Any], folder: Path) -> str:
    """A hash over the graph and each weight's stored bytes, however they are cut into files."""
    digest = hashlib.sha256()
    graph: dict[str, Any] = {
        key: document[key]
        for key in (
            "modelTopology",
            "signature",
            "modelInitializer",
            "initializerSignature",
            "userDefinedMetadata",
        )
        if key in document
    }
    digest.update(_bytes(graph))
    for group in document["weightsManifest"]:
        digest.update(canonical_json(group["weights"]))
        for name in group["paths"]:
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _weights_by_dtype(model: GraphModel, manifest: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"count": 0, "bytes": 0})
    for group in manifest:
        for spec in group["weights"]:
            dtype = spec.get("quantization", {}).get("dtype", spec["dtype"])
            sums[dtype]["count"] += 1
            sums[dtype]["bytes"] += _stored_bytes(model.weights[spec["name"]], dtype)
    return {dtype: sums[dtype] for dtype in sorted(sums)}


def _stored_bytes(values: Array, dtype: str) -> int:
    if dtype == "string":  # each is preceded by its length
        return sum(4 + len(text) for text in values.ravel().tolist())
    return int(values.size) * np.dtype(dtype).itemsize
