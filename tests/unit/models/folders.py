"""Folders of variants as tools write them: real files, with their hashes."""

import hashlib
import json
from pathlib import Path
from typing import Any

SHARD = "weights-1.bin"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def build(folder: Path, *names: str, model: str = "face") -> dict[str, Any]:
    """Writes a folder with these variants and its manifest; returns the manifest."""
    variants = []
    for name in names:
        topology = {"modelTopology": {}, "weightsManifest": [{"paths": [SHARD], "weights": []}]}
        contents = {"model.json": json.dumps(topology).encode(), SHARD: name.encode() * 50}
        (folder / name).mkdir(parents=True)
        for file, content in contents.items():
            (folder / name / file).write_bytes(content)
        files = [
            {"path": f"{name}/{file}", "bytes": len(content), "sha256": digest(content)}
            for file, content in contents.items()
        ]
        variants.append(
            {
                "name": name,
                "kind": name,
                "entry": f"{name}/model.json",
                "files": files,
                "bytes": sum(file["bytes"] for file in files),
                "brotli_bytes": 40,
                "id": digest(name.encode()),
                "inputs": [{"name": "x", "dtype": "float32", "shape": [None, 8]}],
                "outputs": [],
                "ops": {"Conv2D": 1},
                "warnings": [],
            }
        )
    manifest = {
        "format": "inferfleet-variants-1",
        "model": model,
        "engine": "tfjs",
        "source": {"kind": "saved_model", "sha256": digest(b"source"), "bytes": 9},
        "tool": {"tensorflowjs": "4.22.0"},
        "variants": variants,
    }
    write(folder / "variants.json", manifest)
    return manifest


def evaluate(folder: Path, manifest: dict[str, Any], **accuracies: float | None) -> dict[str, Any]:
    """Writes an evaluation of these accuracies beside a manifest; returns it."""
    evaluation = {
        "format": "inferfleet-evaluation-1",
        "model": manifest["model"],
        "variants": [
            {
                "name": each["name"],
                "id": each["id"],
                "accuracy": {"top1": accuracies[each["name"]], "top5": 1.0, "samples": 500}
                if accuracies.get(each["name"]) is not None
                else None,
                "error": {"samples": 500, "max_abs": 0.1, "relative": 0.01, "top1": 1.0, "iou": None},
                "accepted": True,
                "refused_by": [],
                "cells": [{"backend": "wasm", "accepted": True, "refused_by": [], "load_ms": 3.5}],
            }
            for each in manifest["variants"]
        ],
    }
    write(folder / "evaluation.json", evaluation)
    return evaluation


def write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document))
