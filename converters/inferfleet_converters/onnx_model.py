"""An ONNX model, read with suspicion; weights outside of the file are taken in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import external_data_helper, numpy_helper

from .float_weights import SMALL
from .refusal import Refused, one_line
from .source import check_size, inside

MAX_BYTES = 2 * 1024**3 - 1
"""Protocol buffers end there, and so does what onnxruntime-web can load as one file."""
OLDEST_OPSET = 11
"""Of what the quantiser and the float16 converter are made for."""
QUANTISED_OPS = frozenset(
    {
        *("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger"),
        *("QLinearMatMul", "QLinearConv", "DynamicQuantizeLSTM", "DynamicQuantizeMatMul", "MatMulNBits"),
    }
)


@dataclass(frozen=True)
class OnnxModel:
    """A model in memory, with all of its weights in it."""

    proto: onnx.ModelProto

    def copy(self) -> onnx.ModelProto:
        """A copy that may be changed."""
        proto = onnx.ModelProto()
        proto.CopyFrom(self.proto)
        return proto


def graphs_of(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and those inside its nodes (branches of If, bodies of Loop and Scan)."""
    yield graph
    for node in graph.node:
        for inner in inner_graphs(node):
            yield from graphs_of(inner)


def inner_graphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that a node has as attributes."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def tensors_of(proto: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """All initializers and constants, at every depth."""
    for graph in graphs_of(proto.graph):
        yield from graph.initializer
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors


def opset_of(proto: onnx.ModelProto) -> int:
    """The version of ONNX's own operators that the model uses; 0 when it names none."""
    return max((entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")), default=0)


def external_files(path: Path) -> list[Path]:
    """The files beside the model that hold weights of it.

    Raises:
        Refused: the model is damaged, or names a file that is missing or elsewhere.
    """
    found: dict[Path, None] = {}
    for tensor in tensors_of(_parse(path)):
        if external_data_helper.uses_external_data(tensor):
            found[_external_file(tensor, path)] = None
    return sorted(found)


def read_onnx(path: Path) -> OnnxModel:
    """Reads and checks a model.

    Raises:
        Refused: it is damaged, too large, too old, quantised already, or not finite.
    """
    proto = _parse(path)
    total = path.stat().st_size
    for tensor in tensors_of(proto):
        if external_data_helper.uses_external_data(tensor):
            total += _check_external(tensor, path)
    if total > MAX_BYTES:
        raise Refused(
            f"{path.name} has {total:,} bytes with its weights, and 2 GiB are the most that one ONNX file "
            "can have and a browser can load: take a smaller model"
        )
    external_data_helper.load_external_data_for_model(proto, str(path.parent))
    _check(proto, path.name)
    return OnnxModel(proto)


def _parse(path: Path) -> onnx.ModelProto:
    check_size(path, MAX_BYTES)
    try:
        proto = onnx.load(path, format="protobuf", load_external_data=False)
    except DecodeError as error:
        raise Refused(f"{path.name} is no ONNX model, or it is damaged: copy or export it again") from error
    if not proto.graph.node:
        raise Refused(f"{path.name} is no ONNX model: its graph has no node")
    return proto


def _external_file(tensor: onnx.TensorProto, path: Path) -> Path:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    return inside(path.parent, entries.get("location", ""), path.name)


def _check_external(tensor: onnx.TensorProto, path: Path) -> int:
    """That the file has the bytes of a tensor. Returns how many these are."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    file = _external_file(tensor, path)
    size = file.stat().st_size
    try:
        offset = int(entries.get("offset", "0"))
        length = int(entries.get("length", str(size - offset)))
    except ValueError as error:
        raise Refused(
            f"{path.name}: the place of {tensor.name} in {file.name} is no number: export it again"
        ) from error
    needed = _bytes_of(tensor)
    if offset < 0 or length < 0 or length != needed or offset + length > size:
        raise Refused(
            f"{file.name} has {size:,} bytes, and {tensor.name} needs {needed:,} from {offset:,} on: the "
            "file was cut off or belongs to another model; copy both again"
        )
    return length


def _count(tensor: onnx.TensorProto) -> int:
    count = 1
    for size in tensor.dims:
        count *= size
    return count


def _bytes_of(tensor: onnx.TensorProto) -> int:
    try:
        return _count(tensor) * int(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize)
    except KeyError as error:
        raise Refused(
            f"{tensor.name or 'a weight'} has the unknown dtype {tensor.data_type}: export the model again"
        ) from error


def _check(proto: onnx.ModelProto, name: str) -> None:
    opset = opset_of(proto)
    if opset < OLDEST_OPSET:
        raise Refused(
            f"{name} uses opset {opset}, and the converters need {OLDEST_OPSET}: export it with opset 17, "
            "or raise it with onnx.version_converter.convert_version(model, 17)"
        )
    try:
        onnx.checker.check_model(proto)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise Refused(f"{name} is not valid ONNX: {one_line(error)}; export it again") from error
    quantised = sorted(
        {node.op_type for graph in graphs_of(proto.graph) for node in graph.node} & QUANTISED_OPS
    )
    half = any(
        tensor.data_type in (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)
        for tensor in tensors_of(proto)
    )
    stored = any(
        tensor.data_type == onnx.TensorProto.INT8 and _count(tensor) > SMALL for tensor in tensors_of(proto)
    )
    if quantised or half or stored:
        what = ", ".join(quantised) or ("int8 weights" if stored else "float16 weights")
        raise Refused(
            f"{name} is quantised already ({what}), and a second time "
            "would keep the first loss: give the float32 model that it was made from"
        )
    for tensor in tensors_of(proto):
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE):
            _check_values(tensor)


def _check_values(tensor: onnx.TensorProto) -> None:
    values = numpy_helper.to_array(tensor)
    # A constant may well be infinite: -inf masks attention. A weight may not.
    bad = np.isnan(values) if values.size <= SMALL else ~np.isfinite(values)
    if bad.any():
        raise Refused(
            f"{int(bad.sum()):,} of {values.size:,} values of {tensor.name or 'a constant'} are NaN or "
            "infinite: train or export the model again"
        )
