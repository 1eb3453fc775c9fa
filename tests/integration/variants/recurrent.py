"""Small TensorFlow.js graphs that give their state back."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.integration.variants.folders import manifest, variant

CHAOS = [("Mul", "angle", ["state", "pi"]), ("Sin", "sine", ["angle"]), ("Mul", "next", ["sine", "gain"])]
"""A sine map: what a backend rounds in a call is three times as much in the next one."""
FADING = [("Mul", "kept", ["state", "half"]), ("AddV2", "next", ["kept", "x"])]
WEIGHTS = {"pi": np.pi, "gain": 0.97, "half": 0.5, "three": 3.0, "zero": 0.0}


def recurrent_folder(to: Path, nodes: list[tuple[str, str, list[str]]], **others: float) -> Path:
    """A folder of a model with inputs x and state ([1, 4]) and outputs y = 3 next + 0 x, and next.

    Args:
        to: is made.
        nodes: (op, name, inputs) of what makes ``next``.
        others: variants of another ``half``, by name.
    """
    variants = [
        _write(to, name, nodes, WEIGHTS | {"half": half}) for name, half in {"source": 0.5, **others}.items()
    ]
    return manifest(to, "recurrent", "tfjs", variants)


def _write(
    to: Path, name: str, nodes: list[tuple[str, str, list[str]]], weights: dict[str, float]
) -> dict[str, Any]:
    (to / name).mkdir(parents=True)
    graph = [
        *(_node("Placeholder", each, [], shape=[1, 4]) for each in ("x", "state")),
        *(_node("Const", each, []) for each in weights),
        *(_node(*node) for node in nodes),
        _node("Mul", "louder", ["next", "three"]),
        _node("Mul", "nothing", ["x", "zero"]),
        _node("AddV2", "y", ["louder", "nothing"]),
        _node("Identity", "Identity", ["y"]),
        _node("Identity", "Identity_1", ["next"]),
    ]
    end = {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "1"}, {"size": "4"}]}}
    model = {
        "format": "graph-model",
        "modelTopology": {"node": graph, "versions": {"producer": 1}},
        "signature": {
            "inputs": {each: {"name": f"{each}:0", **end} for each in ("x", "state")},
            "outputs": {"y": {"name": "Identity:0", **end}, "next": {"name": "Identity_1:0", **end}},
        },
        "weightsManifest": [
            {
                "paths": ["weights.bin"],
                "weights": [{"name": each, "shape": [], "dtype": "float32"} for each in weights],
            }
        ],
    }
    (to / name / "model.json").write_text(json.dumps(model))
    (to / name / "weights.bin").write_bytes(np.array(list(weights.values()), np.float32).tobytes())
    ends = [[{"name": each, "dtype": "float32", "shape": [1, 4]} for each in pair] for pair in PORTS]
    return variant(to, name, f"{name}/model.json", [f"{name}/weights.bin"], *ends)


PORTS = (("x", "state"), ("y", "next"))


def _node(op: str, name: str, inputs: list[str], shape: list[int] | None = None) -> dict[str, Any]:
    attr: dict[str, Any] = {"dtype" if op in ("Placeholder", "Const") else "T": {"type": "DT_FLOAT"}}
    if shape is not None:
        attr["shape"] = {"shape": {"dim": [{"size": str(size)} for size in shape]}}
    return {"name": name, "op": op, "input": inputs, "attr": attr}
