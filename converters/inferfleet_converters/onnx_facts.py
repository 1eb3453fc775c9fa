"""What an ONNX model is made of."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from .canonical import canonical_json
from .onnx_model import graphs_of, tensors_of


def serialised(proto: onnx.ModelProto) -> bytes:
    """The model's bytes, the same for the same content."""
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def count_ops(proto: onnx.ModelProto) -> dict[str, int]:
    """How often each op is in the graph and the graphs in it, constants left out."""
    ops = Counter(node.op_type for graph in graphs_of(proto.graph) for node in graph.node)
    return {op: ops[op] for op in sorted(ops) if op != "Constant"}


def ends(values: Iterable[onnx.ValueInfoProto], weights: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Inputs or outputs: name, dtype, shape (None: a size is open). Old models list weights as inputs."""
    own = set(weights)
    return [_end(value) for value in values if value.name not in own]


def _end(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    dtype = None if tensor.elem_type == 0 else dtype_name(tensor.elem_type)
    shape = [dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim]
    return {"name": value.name, "dtype": dtype, "shape": shape if tensor.HasField("shape") else None}


def dtype_name(data_type: int) -> str:
    """``float32`` for ``FLOAT``."""
    if data_type == onnx.TensorProto.STRING:
        return "string"
    return str(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(data_type)))


def weights_by_dtype(proto: onnx.ModelProto) -> dict[str, dict[str, int]]:
    """Weights and constants of each dtype, and their bytes."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"count": 0, "bytes": 0})
    for tensor in tensors_of(proto):
        values = numpy_helper.to_array(tensor)
        sums[dtype_name(tensor.data_type)]["count"] += 1
        sums[dtype_name(tensor.data_type)]["bytes"] += int(values.nbytes)
    return {dtype: sums[dtype] for dtype in sorted(sums)}


def identity(proto: onnx.ModelProto) -> str:
    """A hash over the graph and each weight's values, however the file keeps them."""
    digest = hashlib.sha256()
    bare = onnx.ModelProto()
    bare.CopyFrom(proto)
    for tensor in tensors_of(bare):
        values = numpy_helper.to_array(tensor)
        content = (
            values.tobytes()
            if values.dtype != object
            else canonical_json([str(text) for text in values.ravel()])
        )
        head = [
            tensor.name,
            dtype_name(tensor.data_type),
            list(tensor.dims),
            hashlib.sha256(content).hexdigest(),
        ]
        tensor.Clear()
        tensor.name = canonical_json(head).decode()
    digest.update(serialised(bare))
    return digest.hexdigest()
