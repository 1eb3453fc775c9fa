"""The weights that a model's input meets first. What they get wrong, all that follows gets."""

from collections.abc import Iterator

import onnx

from .onnx_model import inner_graphs

MOVES = frozenset(
    {
        *("Cast", "Concat", "Expand", "Flatten", "Gather", "Identity", "Pad", "Reshape", "Slice", "Split"),
        *("Squeeze", "Tile", "Transpose", "Unsqueeze"),
    }
)
"""Ops that move values, and change none."""
COMPUTES = frozenset({"Conv", "ConvTranspose", "Gemm", "GRU", "LSTM", "MatMul", "RNN"})


def first_weights(proto: onnx.ModelProto) -> set[str]:
    """Names of the initializers that are multiplied with values of the input, only moved until then."""
    weights = {tensor.name for tensor in proto.graph.initializer}
    raw = {value.name for value in proto.graph.input} - weights
    found: set[str] = set()
    _follow(proto.graph, raw, found)
    return found


def _follow(graph: onnx.GraphProto, raw: set[str], found: set[str]) -> None:
    """Nodes are in the order in which they run. ``raw`` are values of the input, in all graphs."""
    for node in graph.node:
        for inner in inner_graphs(node):
            _follow(inner, raw, found)
        if node.op_type in COMPUTES and node.input[0] in raw:
            found |= set(_weights(node))
        elif node.op_type in MOVES and node.input and raw & {node.input[0], *_joined(node)}:
            raw |= set(node.output)
        elif node.op_type == "If":
            for inner in inner_graphs(node):
                raw |= {
                    name for name, value in zip(node.output, inner.output, strict=False) if value.name in raw
                }


def _joined(node: onnx.NodeProto) -> Iterator[str]:
    """All inputs of a Concat hold values; of other ops only the first one does."""
    yield from node.input if node.op_type == "Concat" else ()


def _weights(node: onnx.NodeProto) -> Iterator[str]:
    """A recurrent op has a second one, which meets its state and not the input."""
    yield from node.input[1:2]
