"""A folder as the build of variants leaves it."""

import hashlib
import json
from pathlib import Path
from typing import Any

WEIGHTS = {"group1-shard1of2.bin": b"weights" * 100, "group1-shard2of2.bin": b"more weights" * 10}


def write(folder: Path, files: dict[str, bytes]) -> list[dict[str, Any]]:
    """Writes files, and says what they are."""
    described = []
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        described.append({"path": path, "bytes": len(content), "sha256": digest})
    return described


def model_json(paths: list[str]) -> bytes:
    """A model.json whose keys are in an order that counts."""
    model = {
        "format": "graph-model",
        "modelTopology": {"node": []},
        "signature": {"outputs": {"z": {}, "a": {}}},
        "weightsManifest": [{"paths": paths, "weights": []}],
    }
    return json.dumps(model, indent=1).encode()


def build(
    folder: Path, variants: dict[str, dict[str, bytes]], *, engine: str = "tfjs", **changes: Any
) -> Path:
    """Writes variants by their name, each with an entry and its weights, and variants.json."""
    listed = []
    for name, weights in variants.items():
        entry = f"{name}/model.json" if engine == "tfjs" else next(iter(weights))
        files = {f"{name}/{path}": content for path, content in weights.items()}
        if engine == "tfjs":
            files = {entry: model_json(list(weights)), **files}
        else:
            entry = f"{name}/{entry}"
        described = write(folder, files)
        digest = hashlib.sha256(b"".join(files.values())).hexdigest()
        listed.append(
            {
                "name": name,
                "kind": "float16",
                "entry": entry,
                "files": described,
                "bytes": sum(each["bytes"] for each in described),
                "id": digest,
            }
            | changes
        )
    manifest = {
        "format": "inferfleet-variants-1",
        "model": "face",
        "engine": engine,
        "source": {"kind": "graph_model", "sha256": "0" * 64, "bytes": 9},
        "variants": listed,
    }
    (folder / "variants.json").write_text(json.dumps(manifest))
    return folder
