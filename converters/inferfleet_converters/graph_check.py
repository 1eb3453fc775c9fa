"""That a model.json from anywhere is built as a graph is, so that all after it may rely on that."""

from collections.abc import Iterator
from typing import Any

from .refusal import Refused


def check_graph(document: dict[str, Any], name: str) -> None:
    """Checks the parts of a graph model that are read here; TensorFlow.js reads the others.

    Raises:
        Refused: a part is missing or is something else; the message names it.
    """
    for wrong in _mistakes(document):
        raise Refused(f"{name} is no graph model: {wrong}; convert the model again")


def _mistakes(document: dict[str, Any]) -> Iterator[str]:
    topology = document["modelTopology"]
    nodes = topology.get("node")
    if not isinstance(nodes, list) or not nodes:
        yield "modelTopology.node is no list of nodes"
        return
    yield from _of_nodes(nodes, "modelTopology.node")
    library = topology.get("library") or {}
    functions = (library.get("function") or []) if isinstance(library, dict) else None
    if not isinstance(functions, list) or not all(isinstance(one, dict) for one in functions):
        yield "modelTopology.library has no list of functions"
        return
    for function in functions:
        yield from _of_nodes(function.get("nodeDef", []), "a function's nodeDef")
    metadata = document.get("userDefinedMetadata") or {}
    if not isinstance(metadata, dict):
        yield "userDefinedMetadata is no object"
        return
    for signature in (document.get("signature") or {}, metadata.get("signature") or {}):
        yield from _of_signature(signature)


def _of_nodes(nodes: Any, place: str) -> Iterator[str]:
    if not isinstance(nodes, list):
        yield f"{place} is no list"
        return
    for index, node in enumerate(nodes):
        if (
            not isinstance(node, dict)
            or not isinstance(node.get("name"), str)
            or not isinstance(node.get("op"), str)
        ):
            yield f"{place}[{index}] has no name and op"
            return
        inputs, attr = node.get("input", []), node.get("attr", {})
        if not isinstance(inputs, list) or not all(isinstance(one, str) for one in inputs):
            yield f"the inputs of {node['name']} are no list of names"
        if not isinstance(attr, dict):
            yield f"the attributes of {node['name']} are no object"
        elif node["op"].startswith("Placeholder"):
            yield from _of_placeholder(node["name"], attr)


def _of_placeholder(name: str, attr: dict[str, Any]) -> Iterator[str]:
    dtype, shape = attr.get("dtype", {}), attr.get("shape", {})
    if not isinstance(dtype, dict) or not isinstance(shape, dict):
        yield f"the dtype or the shape of {name} is no object"
    elif not _is_shape(shape.get("shape")):
        yield f"the shape of {name} has sizes that are no whole numbers"


def _of_signature(signature: Any) -> Iterator[str]:
    if not isinstance(signature, dict):
        yield "signature is no object"
        return
    for side in ("inputs", "outputs"):
        entries = signature.get(side, {})
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            yield f"signature.{side} is no table of names"
        elif not all(_is_shape(entry.get("tensorShape")) for entry in entries.values()):
            yield f"signature.{side} has sizes that are no whole numbers"


def _is_shape(shape: Any) -> bool:
    if shape is None:
        return True
    dims = shape.get("dim", []) if isinstance(shape, dict) else None
    return isinstance(dims, list) and all(
        isinstance(dim, dict) and _is_size(dim.get("size", 0)) for dim in dims
    )


def _is_size(size: Any) -> bool:
    """Protocol buffers write 64-bit numbers as text."""
    if isinstance(size, str):
        return size.removeprefix("-").isdecimal() and size.isascii() and len(size) <= 20
    return isinstance(size, int)
