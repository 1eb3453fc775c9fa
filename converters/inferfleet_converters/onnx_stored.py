"""Weights stored small and turned into float32 when the model loads, whatever computes with them.

For graphs that the converters of ONNX Runtime cannot take: the float16 converter breaks a model with If or
Loop, and
the quantiser leaves their weights alone. The file is as small as theirs; the computation stays float32.
"""

import numpy as np
import onnx
from onnx import numpy_helper

from .float_weights import Array
from .onnx_model import graphs_of, opset_of
from .onnx_weights import FloatWeight, float_weights, users

PER_AXIS_OPSET = 13
LARGEST = 127
RECURRENT = ("LSTM", "GRU", "RNN")


def store_weights(proto: onnx.ModelProto, kind: str, kept: set[str]) -> None:
    """Replaces the float weights that are not kept: float16 with a Cast, int8 with a DequantizeLinear.

    Args:
        proto: changed in place.
        kind: ``float16`` or ``int8``.
        kept: keys of weights that stay as they are.
    """
    per_axis = opset_of(proto) >= PER_AXIS_OPSET
    chosen = [weight for weight in float_weights(proto) if weight.key not in kept]
    taken = {name for graph in graphs_of(proto.graph) for name in _names(graph)}
    for weight in chosen:
        stem = f"{weight.key}/{kind}"
        if stem in taken:
            raise ValueError(f"the name {stem} is taken")
        tensors, node = _half(weight, stem) if kind == "float16" else _byte(weight, stem, per_axis=per_axis)
        _replace(weight, tensors, node)


def _names(graph: onnx.GraphProto) -> list[str]:
    return [tensor.name for tensor in graph.initializer] + [
        name for node in graph.node for name in node.output
    ]


def _replace(weight: FloatWeight, tensors: list[onnx.TensorProto], node: onnx.NodeProto) -> None:
    graph = weight.graph
    # Old models list their weights among the inputs; what a node makes cannot be one.
    inputs = [value for value in graph.input if value.name != weight.tensor.name]
    del graph.input[:]
    graph.input.extend(inputs)
    graph.initializer.remove(weight.tensor)
    graph.initializer.extend(tensors)
    graph.node.insert(0, node)


def _half(weight: FloatWeight, stem: str) -> tuple[list[onnx.TensorProto], onnx.NodeProto]:
    name = weight.tensor.name
    stored = numpy_helper.from_array(weight.values().astype(np.float16), stem)
    return [stored], onnx.helper.make_node(
        "Cast", [stem], [name], name=f"{stem}/Cast", to=onnx.TensorProto.FLOAT
    )


def _byte(weight: FloatWeight, stem: str, *, per_axis: bool) -> tuple[list[onnx.TensorProto], onnx.NodeProto]:
    """Symmetric int8, with a scale for each output channel where the op that reads the weight has any."""
    values = weight.values().astype(np.float32)
    axis = _channel_axis(weight) if per_axis else None
    scale = _scale(values, axis)
    shape = [1] * values.ndim
    if axis is not None:
        shape[axis] = -1
    stored = np.clip(np.rint(values / scale.reshape(shape)), -LARGEST, LARGEST).astype(np.int8)
    tensors = [
        numpy_helper.from_array(stored, stem),
        numpy_helper.from_array(scale if axis is not None else scale.reshape(()), f"{stem}/scale"),
    ]
    extra = {} if axis is None else {"axis": axis}
    node = onnx.helper.make_node(
        "DequantizeLinear",
        [stem, f"{stem}/scale"],
        [weight.tensor.name],
        name=f"{stem}/DequantizeLinear",
        **extra,
    )
    return tensors, node


def _scale(values: Array, axis: int | None) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    others = None if axis is None else tuple(other for other in range(values.ndim) if other != axis)
    largest = np.abs(values).max(axis=others).astype(np.float32).reshape(-1)
    return np.where(largest > 0, largest / np.float32(LARGEST), np.float32(1)).astype(np.float32)


def _channel_axis(weight: FloatWeight) -> int | None:
    """The axis of the output channels, when all that read the weight agree on one."""
    axes = {_axis_for(node, weight) for node in users(weight.graph, weight.tensor.name)}
    return axes.pop() if len(axes) == 1 else None


def _axis_for(node: onnx.NodeProto, weight: FloatWeight) -> int | None:
    rank = len(weight.tensor.dims)
    place = list(node.input).index(weight.tensor.name)
    if node.op_type == "Conv" and place == 1:
        return 0
    if node.op_type == "ConvTranspose" and place == 1:
        return 1
    if node.op_type == "MatMul" and place == 1 and rank >= 2:
        return rank - 1
    if node.op_type == "Gemm" and place == 1:
        transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        return 0 if transposed else 1
    if node.op_type in RECURRENT and place in (1, 2):
        return 1
    return None
