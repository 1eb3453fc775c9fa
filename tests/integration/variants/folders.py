"""Folders of variants of real models, as `variants build` writes them, by a small quantiser."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "node_modules/@vladmandic/human/models"
SILERO = ROOT / "node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx"
Weights = dict[str, np.ndarray]


def tfjs_folder(
    to: Path,
    model: str = "liveness",
    kinds: tuple[str, ...] = ("float16", "uint8"),
    edit: Mapping[str, Any] | None = None,
) -> Path:
    """Writes variants of a graph model; ``edit[kind]`` changes that variant's weights in place."""
    given = json.loads((MODELS / f"{model}.json").read_bytes())
    entries = [entry for group in given["weightsManifest"] for entry in group["weights"]]
    weights = _read(given, (MODELS / f"{model}.bin").read_bytes())
    variants = []
    for kind in ("source", *kinds):
        edited = {name: array.copy() for name, array in weights.items()}
        if edit and kind in edit:
            edit[kind](edited)
        data, specs = b"", []
        for entry in entries:
            piece, spec = _stored(entry, edited[entry["name"]], kind)
            data += piece
            specs.append(spec)
        made = {
            key: given[key] for key in ("format", "modelTopology", "signature", "generatedBy") if key in given
        }
        half = (len(data) // 2 + 7) & ~7  # two shards, as larger models have
        paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"]
        made["weightsManifest"] = [{"paths": paths, "weights": specs}]
        (to / kind).mkdir(parents=True)
        (to / kind / "model.json").write_text(json.dumps(made))
        for path, part in zip(paths, (data[:half], data[half:]), strict=True):
            (to / kind / path).write_bytes(part)
        variants.append(
            variant(to, kind, f"{kind}/model.json", [f"{kind}/{path}" for path in paths], _inputs(given))
        )
    return manifest(to, model, "tfjs", variants)


def onnx_folder(to: Path) -> Path:
    """The silero VAD as its own source: an .onnx with a state, an int64 and free dimensions."""
    (to / "source").mkdir(parents=True)
    (to / "source/model.onnx").write_bytes(SILERO.read_bytes())
    inputs = [
        {"name": "input", "dtype": "float32", "shape": [None, None]},
        {"name": "state", "dtype": "float32", "shape": [2, None, 128]},
        {"name": "sr", "dtype": "int64", "shape": []},
    ]
    outputs = [
        {"name": "output", "dtype": "float32", "shape": [None, 1]},
        {"name": "stateN", "dtype": "float32", "shape": [None, None, None]},
    ]
    return manifest(to, "silero", "ort", [variant(to, "source", "source/model.onnx", [], inputs, outputs)])


def variant(
    to: Path,
    name: str,
    entry: str,
    others: list[str],
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    files = []
    for path in [entry, *others]:
        data = (to / path).read_bytes()
        files.append({"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    return {
        "name": name,
        "kind": name,
        "entry": entry,
        "files": files,
        "bytes": sum(file["bytes"] for file in files),
        "brotli_bytes": None,
        "id": hashlib.sha256("".join(file["sha256"] for file in files).encode()).hexdigest(),
        "inputs": inputs,
        "outputs": outputs or [],
    }


def manifest(to: Path, model: str, engine: str, variants: list[dict[str, Any]]) -> Path:
    source = {"kind": "graph_model", "sha256": variants[0]["id"], "bytes": variants[0]["bytes"]}
    described = {
        "format": "inferfleet-variants-1",
        "model": model,
        "engine": engine,
        "source": source,
        "variants": variants,
    }
    (to / "variants.json").write_text(json.dumps(described))
    return to


def _read(model: dict[str, Any], data: bytes) -> Weights:
    weights: Weights = {}
    at = 0
    for group in model["weightsManifest"]:
        for entry in group["weights"]:
            count = int(np.prod(entry["shape"], dtype=np.int64))
            stored = np.dtype(entry.get("quantization", entry)["dtype"])
            weights[entry["name"]] = (
                np.frombuffer(data, stored, count, at).reshape(entry["shape"]).astype(entry["dtype"])
            )
            at += count * stored.itemsize
    return weights


def _stored(entry: dict[str, Any], array: np.ndarray, kind: str) -> tuple[bytes, dict[str, Any]]:
    """A weight's bytes and its entry; only float weights of some size are quantised."""
    spec = {"name": entry["name"], "shape": entry["shape"], "dtype": entry["dtype"]}
    if entry["dtype"] != "float32" or array.size < 8 or kind not in ("float16", "uint16", "uint8"):
        return array.tobytes(), spec
    if kind == "float16":
        return array.astype(np.float16).tobytes(), spec | {"quantization": {"dtype": "float16"}}
    low, high = float(array.min()), float(array.max())
    top = np.iinfo(kind).max
    scale = (high - low) / top or 1.0
    levels = np.rint((array.astype(np.float64) - low) / scale).astype(kind)
    return levels.tobytes(), spec | {"quantization": {"dtype": kind, "scale": scale, "min": low}}


def _inputs(model: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = [node for node in model["modelTopology"]["node"] if node["op"] == "Placeholder"]
    return [
        {
            "name": node["name"],
            "dtype": {"DT_FLOAT": "float32", "DT_INT32": "int32"}[_text(node["attr"]["dtype"]["type"])],
            "shape": [int(size["size"]) for size in node["attr"]["shape"]["shape"]["dim"]],
        }
        for node in nodes
    ]


def _text(given: Any) -> str:
    """Some converters write strings as base64, some enums as numbers."""
    if isinstance(given, int):
        return {1: "DT_FLOAT", 3: "DT_INT32"}[given]
    return given if given.startswith("DT_") else base64.b64decode(given).decode()
