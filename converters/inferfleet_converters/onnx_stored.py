"""Weights stored small and turned into float32 when the model loads, whatever computes with them.

For graphs that the converters of ONNX Runtime cannot take: the float16 converter breaks a model with If or
Loop, and
the quantiser leaves their weights alone. The file is as small as theirs; the computation stays float32.
"""

import numpy as np
import onnx
from onnx import numpy_helper

from .float_weights import fits_float16
from .onnx_first import first_weights
from .onnx_model import graphs_of
from .onnx_scales import quantise
from .onnx_weights import FloatWeight, float_weights

MOST_FIRST = 0.2
"""The share of the weights that may be float16 in a model of int8: it then has 30 % of the source's bytes."""


def store_weights(proto: onnx.ModelProto, kind: str, kept: set[str]) -> set[str]:
    """Replaces the float weights that are not kept: float16 with a Cast, int8 with scales as well.

    In a model of int8 the weights that the input meets first are float16.

    Args:
        proto: changed in place.
        kind: ``float16`` or ``int8``.
        kept: keys of weights that stay as they are; there are others.

    Returns:
        Keys of the weights of an int8 model that are float16.
    """
    chosen = [weight for weight in float_weights(proto) if weight.key not in kept]
    halved = _first(proto, chosen) if kind == "int8" else set[str]()
    taken = {name for graph in graphs_of(proto.graph) for name in _names(graph)}
    for weight in chosen:
        stem = f"{weight.key}/{kind}"
        if stem in taken:
            raise ValueError(f"the name {stem} is taken")
        if kind == "float16" or weight.key in halved:
            tensors, nodes = _half(weight, stem)
        else:
            tensors, nodes = _byte(weight, stem)
        _replace(weight, tensors, nodes)
    return halved


def vectors(proto: onnx.ModelProto) -> dict[str, str]:
    """Weights of one dimension, each with why int8 leaves it as it is."""
    return {
        weight.key: "a vector: as a bias it moves every result, and has few bytes"
        for weight in float_weights(proto)
        if len(weight.tensor.dims) == 1
    }


def _first(proto: onnx.ModelProto, chosen: list[FloatWeight]) -> set[str]:
    """Keys of the weights that the input meets first, unless they are a large share of all."""
    names = first_weights(proto)
    first = [weight for weight in chosen if weight.tensor.name in names and fits_float16(weight.values())]
    share = sum(weight.values().size for weight in first) / sum(weight.values().size for weight in chosen)
    return {weight.key for weight in first} if share <= MOST_FIRST else set()


def _names(graph: onnx.GraphProto) -> list[str]:
    return [tensor.name for tensor in graph.initializer] + [
        name for node in graph.node for name in node.output
    ]


def _replace(weight: FloatWeight, tensors: list[onnx.TensorProto], nodes: list[onnx.NodeProto]) -> None:
    graph = weight.graph
    # Old models list their weights among the inputs; what a node makes cannot be one.
    inputs = [value for value in graph.input if value.name != weight.tensor.name]
    del graph.input[:]
    graph.input.extend(inputs)
    graph.initializer.remove(weight.tensor)
    graph.initializer.extend(tensors)
    for node in reversed(nodes):
        graph.node.insert(0, node)


def _half(weight: FloatWeight, stem: str) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    stored = numpy_helper.from_array(weight.values().astype(np.float16), stem)
    cast = onnx.helper.make_node(
        "Cast", [stem], [weight.tensor.name], name=f"{stem}/Cast", to=onnx.TensorProto.FLOAT
    )
    return [stored], [cast]


def _byte(weight: FloatWeight, stem: str) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    """Symmetric int8, cast and multiplied with its scales.

    ONNX Runtime computes this once, at load. It would compute a DequantizeLinear at each prediction.
    """
    stored = quantise(weight.values())
    tensors = [numpy_helper.from_array(stored.levels, stem)]
    nodes = [onnx.helper.make_node("Cast", [stem], [f"{stem}/levels"], to=onnx.TensorProto.FLOAT)]
    for at, scale in enumerate(stored.scales):
        tensors.append(numpy_helper.from_array(scale, f"{stem}/scale{at}"))
        nodes.append(
            onnx.helper.make_node("Mul", [nodes[-1].output[0], f"{stem}/scale{at}"], [f"{stem}/scaled{at}"])
        )
    nodes[-1].output[0] = weight.tensor.name
    return tensors, nodes
