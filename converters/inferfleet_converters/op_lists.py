"""What TensorFlow.js reads of each op, from the lists that its own converter checks by."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

Attributes = Mapping[str, "Read"]
"""By their names in a graph."""


class Read(NamedTuple):
    """An attribute that TensorFlow.js reads, how, and what it takes where a node has none (None: nothing)."""

    type: str
    default: Any


@cache
def read_op_lists() -> Mapping[str, Attributes]:
    """The attributes of each op that TensorFlow.js 4.22 has; its JavaScript carries the same lists."""
    from tensorflowjs import resource_loader  # noqa: PLC0415 - loads TensorFlow

    ops: dict[str, Attributes] = {}
    for file in sorted(resource_loader.list_dir("op_list")):
        if file.endswith(".json"):
            with resource_loader.open_file(f"op_list/{file}") as lines:
                ops |= {op["tfOpName"]: _attributes(op) for op in json.load(lines)}
    return ops


def _attributes(op: Mapping[str, Any]) -> Attributes:
    read: dict[str, Read] = {}
    for attribute in op.get("attrs", []):
        if attribute.get("notSupported"):
            continue
        old = attribute.get("tfDeprecatedName")
        # With two names, one that is left out is looked up by the other: no default is certain.
        default = None if old else attribute.get("defaultValue")
        read[attribute["tfName"]] = Read(attribute["type"], default)
        if old:
            read[old] = Read(attribute["type"], None)
    return read
