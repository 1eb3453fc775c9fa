"""A smaller model.json: without what TensorFlow.js never reads, and on request with short names. Pure."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from itertools import count, product
from string import ascii_lowercase
from typing import Any

from .graph_facts import signature_of
from .op_lists import Attributes, Read
from .refusal import Refused

NODE_KEYS = ("name", "op", "input", "attr")


def without_unread(document: Mapping[str, Any], ops: Mapping[str, Attributes]) -> dict[str, Any]:
    """Leaves out devices, attributes that no op of TensorFlow.js reads, and those that say what it assumes.

    Nodes of unknown ops keep all, since a page that registers the op may read any. So do inputs and outputs,
    from which ``model.inputs`` and ``model.outputs`` take dtype and shape.
    """
    topology = dict(document["modelTopology"])
    kept = _ends(document)
    topology["node"] = [_stripped(node, ops, kept) for node in topology["node"]]
    functions = (topology.get("library") or {}).get("function")
    if functions:
        topology["library"] = dict(topology["library"]) | {
            "function": [
                dict(function)
                | {"nodeDef": [_stripped(node, ops, frozenset()) for node in function["nodeDef"]]}
                if function.get("nodeDef")
                else function
                for function in functions
            ]
        }
    return dict(document) | {"modelTopology": topology}


def short_names(document: Mapping[str, Any]) -> dict[str, str]:
    """New names for the inner nodes of a graph: ``a``, ``b`` and so on; inputs and outputs keep theirs.

    Raises:
        Refused: the model has tables to fill first, whose nodes are found by name.
    """
    if document.get("modelInitializer"):
        raise Refused(
            "the model fills tables before it runs, and finds them by name: leave --short-names out"
        )
    nodes = document["modelTopology"]["node"]
    kept = _ends(document) | {node["name"] for node in nodes if node["op"].startswith("Placeholder")}
    fresh = (name for name in _names() if name not in kept)
    return {node["name"]: next(fresh) for node in nodes if node["name"] not in kept}


def renamed(document: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The document with other names of nodes and weights."""
    topology = dict(document["modelTopology"])
    topology["node"] = [_renamed_node(node, names) for node in topology["node"]]
    manifest = [
        dict(group)
        | {"weights": [spec | {"name": names.get(spec["name"], spec["name"])} for spec in group["weights"]]}
        for group in document["weightsManifest"]
    ]
    return dict(document) | {"modelTopology": topology, "weightsManifest": manifest}


def _ends(document: Mapping[str, Any]) -> frozenset[str]:
    """The nodes that a page knows: those of the signature, and those whose result no other node takes."""
    nodes = document["modelTopology"]["node"]
    used = {_node_of(name) for node in nodes for name in node.get("input") or []}
    signature = signature_of(document)
    named = {
        _node_of(str(entry.get("name")))
        for side in ("inputs", "outputs")
        for entry in (signature.get(side) or {}).values()
    }
    return frozenset(named | {node["name"] for node in nodes if node["name"] not in used})


def _node_of(name: str) -> str:
    return name.lstrip("^").partition(":")[0]


def _stripped(node: Mapping[str, Any], ops: Mapping[str, Attributes], kept: frozenset[str]) -> dict[str, Any]:
    attributes = ops.get(node["op"])
    if attributes is None or node["name"] in kept:
        return dict(node)
    left = {key: node[key] for key in NODE_KEYS if node.get(key)}
    attr = {
        name: value
        for name, value in (node.get("attr") or {}).items()
        if name in attributes and not _says_default(value, attributes[name])
    }
    left.pop("attr", None)
    return left | ({"attr": attr} if attr else {})


def _says_default(value: Any, read: Read) -> bool:
    """Whether an attribute is what TensorFlow.js takes without it. In doubt it is not."""
    if read.default is None or not isinstance(value, dict):
        return False
    if read.type == "string":
        return bool(_text(value.get("s")) == read.default)
    if read.type == "bool":
        return bool(value.get("b") is read.default)
    if read.type == "number[]":
        numbers = value.get("list")
        given = (numbers.get("i") or numbers.get("f") or []) if isinstance(numbers, dict) else None
        return given is not None and [str(number) for number in given] == [
            str(number) for number in read.default
        ]
    return False


def _text(given: Any) -> str | None:
    try:
        return base64.b64decode(given, validate=True).decode() if isinstance(given, str) else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _names() -> Iterator[str]:
    for length in count(1):
        yield from map("".join, product(ascii_lowercase, repeat=length))


def _renamed_node(node: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    changed = dict(node) | {"name": names.get(node["name"], node["name"])}
    if node.get("input"):
        changed["input"] = [_renamed_input(name, names) for name in node["input"]]
    return changed


def _renamed_input(name: str, names: Mapping[str, str]) -> str:
    """``^`` marks what is only waited for, and ``:1`` or ``:output:0`` which result is taken."""
    control = "^" if name.startswith("^") else ""
    node, colon, rest = name.removeprefix("^").partition(":")
    return f"{control}{names.get(node, node)}{colon}{rest}"
