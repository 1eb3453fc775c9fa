"""The float weights of an ONNX graph, as initializers that converters can find."""

from dataclasses import dataclass

import onnx
from onnx import numpy_helper

from .float_weights import Array
from .onnx_model import OnnxModel, graphs_of, inner_graphs


@dataclass(frozen=True)
class FloatWeight:
    """One initializer of dtype float32.

    Attributes:
        key: its name; where graphs inside the graph repeat it, with a number.
        graph: where it lies.
        tensor: the initializer.
    """

    key: str
    graph: onnx.GraphProto
    tensor: onnx.TensorProto

    def values(self) -> Array:
        """Its values."""
        found: Array = numpy_helper.to_array(self.tensor)
        return found


def prepared(model: OnnxModel) -> onnx.ModelProto:
    """A copy with constants as initializers and a name for each node: the converters go by both."""
    proto = model.copy()
    for graph in reversed(
        list(graphs_of(proto.graph))
    ):  # the inner ones first: a graph is copied with what is in it
        _lift_constants(graph)
    for number, node in enumerate(node for graph in graphs_of(proto.graph) for node in graph.node):
        if not node.name:
            node.name = f"{node.op_type}_{number}_unnamed"
    return proto


def _lift_constants(graph: onnx.GraphProto) -> None:
    outputs = {value.name for value in graph.output}
    nodes = []
    for node in graph.node:
        value = next((attribute for attribute in node.attribute if attribute.name == "value"), None)
        # The output of a branch must be a node's: ONNX Runtime takes no initializer there.
        if node.op_type != "Constant" or value is None or node.output[0] in outputs:
            nodes.append(node)
            continue
        lifted = graph.initializer.add()
        lifted.CopyFrom(value.t)
        lifted.name = node.output[0]
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)


def float_weights(proto: onnx.ModelProto) -> list[FloatWeight]:
    """The float32 initializers at every depth."""
    found: list[FloatWeight] = []
    seen: dict[str, int] = {}
    for graph in graphs_of(proto.graph):
        for tensor in graph.initializer:
            if tensor.data_type == onnx.TensorProto.FLOAT:
                number = seen[tensor.name] = seen.get(tensor.name, 0) + 1
                key = tensor.name if number == 1 else f"{tensor.name}#{number}"
                found.append(FloatWeight(key, graph, tensor))
    return found


def users(graph: onnx.GraphProto, name: str) -> list[onnx.NodeProto]:
    """The nodes that read a value, also those of graphs inside the graph."""
    found = []
    for node in graph.node:
        if name in node.input:
            found.append(node)
        for inner in inner_graphs(node):
            found += users(inner, name)
    return found


def has_inner_graphs(proto: onnx.ModelProto) -> bool:
    """Whether a node has a graph of its own (If, Loop, Scan)."""
    return len(list(graphs_of(proto.graph))) > 1
