"""What a graph of TensorFlow.js is made of, and what its user must know."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

DYNAMIC = frozenset(
    {
        *(
            "NonMaxSuppressionV2",
            "NonMaxSuppressionV3",
            "NonMaxSuppressionV4",
            "NonMaxSuppressionV5",
            "Where",
        ),
        *(
            "Switch",
            "Merge",
            "Enter",
            "Exit",
            "NextIteration",
            "StatelessIf",
            "StatelessWhile",
            "If",
            "While",
        ),
        *("HashTable", "HashTableV2", "LookupTableFind", "LookupTableFindV2"),
    }
)
"""Ops after which TensorFlow.js's converter library refuses ``predict``."""
AFTER_DEPTHWISE = frozenset({"Mul", "Add", "AddV2", "Sub", "BiasAdd"})

# As TensorFlow.js reads them: it has no other numbers.
_DTYPES = {
    "DT_FLOAT": "float32",
    "DT_HALF": "float32",
    "DT_DOUBLE": "float32",
    "DT_INT8": "int32",
    "DT_UINT8": "int32",
    "DT_INT16": "int32",
    "DT_INT32": "int32",
    "DT_INT64": "int32",
    "DT_BOOL": "bool",
    "DT_STRING": "string",
    "DT_COMPLEX64": "complex64",
}


def nodes_of(topology: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes of the graph and of its functions."""
    nodes = list(topology.get("node") or [])
    for function in (topology.get("library") or {}).get("function") or []:
        nodes += function.get("nodeDef") or []
    return [node for node in nodes if isinstance(node, dict)]


def count_ops(topology: Mapping[str, Any]) -> dict[str, int]:
    """How often each op is in the graph, constants left out."""
    ops = Counter(str(node.get("op")) for node in nodes_of(topology))
    return {op: ops[op] for op in sorted(ops) if op != "Const"}


def signature_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The signature, wherever this age of the converter put it; empty when there is none."""
    signature = document.get("signature") or (document.get("userDefinedMetadata") or {}).get("signature")
    return signature if isinstance(signature, dict) else {}


def ends(document: Mapping[str, Any], side: str) -> list[dict[str, Any]]:
    """The ``inputs`` or ``outputs`` in TensorFlow.js's order: name, dtype, shape (None: a size is open)."""
    entries = signature_of(document).get(side)
    if isinstance(entries, dict) and entries:
        return [_end(key, entry) for key, entry in entries.items()]
    nodes = [node for node in document["modelTopology"].get("node") or [] if isinstance(node, dict)]
    if side == "inputs":
        return [_placeholder(node) for node in nodes if str(node.get("op")).startswith("Placeholder")]
    used = {str(name).lstrip("^").partition(":")[0] for node in nodes for name in node.get("input") or []}
    return [
        {"name": node["name"], "dtype": None, "shape": None} for node in nodes if node.get("name") not in used
    ]


def _end(key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": key,
        "dtype": _DTYPES.get(str(entry.get("dtype"))),
        "shape": _shape(entry.get("tensorShape")),
    }


def _placeholder(node: Mapping[str, Any]) -> dict[str, Any]:
    attr = node.get("attr") or {}
    dtype = _DTYPES.get(str((attr.get("dtype") or {}).get("type")))
    return {"name": node["name"], "dtype": dtype, "shape": _shape((attr.get("shape") or {}).get("shape"))}


def _shape(given: Any) -> list[int | None] | None:
    if not isinstance(given, dict) or given.get("unknownRank"):
        return None
    sizes = [int(dim.get("size", 0)) for dim in given.get("dim") or []]
    return [size if size >= 0 else None for size in sizes]


def with_outputs_in_order(document: dict[str, Any]) -> dict[str, Any]:
    """A converted model whose signature is in the order of the model's own inputs and outputs.

    The converter writes it in the order of a hash table, and ``predict`` gives the outputs in that order.
    The outputs of a frozen graph are Identity, Identity_1 and so on; inputs are nodes in the order of the
    arguments.
    """
    signature = signature_of(document)
    place = {
        node.get("name"): index for index, node in enumerate(document["modelTopology"].get("node") or [])
    }

    def input_place(item: tuple[str, Any]) -> tuple[int, str]:
        return place.get(str(item[1].get("name")).partition(":")[0], len(place)), item[0]

    ordered = dict(signature)
    if "inputs" in signature:
        ordered["inputs"] = dict(sorted(signature["inputs"].items(), key=input_place))
    if "outputs" in signature:
        ordered["outputs"] = dict(
            sorted(signature["outputs"].items(), key=lambda item: _natural(str(item[1].get("name"))))
        )
    return document | {"signature": json.loads(json.dumps(ordered, sort_keys=False))}


def _natural(name: str) -> tuple[tuple[int, str | int], ...]:
    parts = re.split(r"(\d+)", name.partition(":")[0])
    return tuple((1, int(part)) if part.isdigit() else (0, part) for part in parts)


def warnings_of(document: Mapping[str, Any], known_ops: Iterable[str]) -> list[str]:
    """What the graph wants of the page, or could be better at."""
    topology = document["modelTopology"]
    ops = count_ops(topology)
    found = []
    dynamic = sorted(DYNAMIC & ops.keys())
    if dynamic:
        found.append(
            f"{', '.join(dynamic)}: call executeAsync, since predict refuses ops whose results have no "
            "fixed size"
        )
    unknown = sorted(ops.keys() - set(known_ops))
    if unknown:
        found.append(
            f"{', '.join(unknown)}: TensorFlow.js has no such op, so the page must register it "
            "(tf.registerOp)"
        )
    apart = _unfused(topology)
    if apart:
        found.append(
            f"{apart} depthwise {'convolution is' if apart == 1 else 'convolutions are'} followed by ops "
            "that are not fused, as Keras 3 exports batch normalization: slower than need be; built and "
            "saved with tf_keras, it is one op"
        )
    return found


def _unfused(topology: Mapping[str, Any]) -> int:
    nodes = nodes_of(topology)
    depthwise = {node.get("name") for node in nodes if node.get("op") == "DepthwiseConv2dNative"}
    after = {
        str(name).partition(":")[0]
        for node in nodes
        if node.get("op") in AFTER_DEPTHWISE
        for name in node.get("input") or []
    }
    return len(depthwise & after)
