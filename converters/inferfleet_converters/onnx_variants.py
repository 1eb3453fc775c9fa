"""The variants of an ONNX model: as it is, float16, and int8 by dynamic quantisation."""

import logging
import tempfile
import warnings
from collections.abc import Callable, Set
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from onnxconverter_common import float16
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors
from onnxruntime.quantization import QuantType, quantize_dynamic

from .float_weights import FLOAT16_MAX, asked_to_keep, fits_float16, kept_float
from .onnx_facts import count_ops, ends, identity, serialised, weights_by_dtype
from .onnx_model import OnnxModel, graphs_of
from .onnx_names import shorten_names
from .onnx_stored import store_weights, vectors
from .onnx_weights import float_weights, has_inner_graphs, prepared, users
from .refusal import Refused, one_line

KINDS = ("source", "float16", "int8")
SMALLEST_FLOAT16 = 2.0**-24
ENOUGH = 0.5
"""The share of the weights' bytes that the quantiser must have made small."""

_NOT_LOADED = (
    runtime_errors.Fail,
    runtime_errors.InvalidArgument,
    runtime_errors.InvalidGraph,
    runtime_errors.InvalidProtobuf,
    runtime_errors.NotImplemented,
    runtime_errors.RuntimeException,
)


def write_onnx_variant(
    model: OnnxModel, kind: str, folder: Path, *, keep_float: tuple[str, ...]
) -> dict[str, Any]:
    """Writes model.onnx to ``folder``.

    Returns:
        What variants.json says of it, but for its files.

    Raises:
        Refused: nothing can be made smaller, or ONNX Runtime does not load the result.
    """
    proto, kept, notes = model.copy(), dict[str, str](), list[str]()
    if kind != "source":
        proto, kept, notes = _small(model, kind, keep_float)
    failure = _why_not_loaded(proto)
    if failure:
        raise Refused(
            f"ONNX Runtime does not load {kind}: {failure}; build the model without it (--only), or export "
            "it again"
        )
    (folder / "model.onnx").write_bytes(serialised(proto))
    graph = proto.graph
    return {
        "name": kind,
        "kind": kind,
        "entry": f"{kind}/model.onnx",
        "id": identity(proto),
        "inputs": ends(graph.input, (tensor.name for tensor in graph.initializer)),
        "outputs": ends(graph.output),
        "ops": count_ops(proto),
        "weights": weights_by_dtype(proto),
        "kept_float": [{"name": name, "why": kept[name]} for name in sorted(kept)],
        "warnings": notes,
    }


def _small(
    model: OnnxModel, kind: str, keep_float: tuple[str, ...]
) -> tuple[onnx.ModelProto, dict[str, str], list[str]]:
    base = prepared(model)
    floats = {weight.key: weight.values() for weight in float_weights(base)}
    kept = kept_float(floats, kind, asked_to_keep(sorted(floats), keep_float))
    _refuse_without_change(kind, floats.keys(), kept.keys())
    convert: Callable[[onnx.ModelProto, set[str]], onnx.ModelProto] = (
        _to_float16 if kind == "float16" else _to_int8
    )
    unsafe = {name for name, why in kept.items() if not _is_small(why) or not fits_float16(floats[name])}
    tried, failure = _try(base, unsafe, convert)
    if tried is not None:
        share = _small_share(
            tried, kind, sum(values.nbytes for name, values in floats.items() if name not in kept)
        )
        if share >= ENOUGH:
            left = {weight.key for weight in float_weights(tried)}
            why = {
                name: kept.get(name, "the converter leaves it as it is") for name in floats if name in left
            }
            return tried, why, []
        failure = f"the quantiser reaches {share:.0%} of the weights"
    stored = prepared(model)
    if kind == "int8":
        kept = vectors(stored) | kept
        _refuse_without_change(kind, floats.keys(), kept.keys())
    halved = store_weights(stored, kind, set(kept))
    shorten_names(stored)
    notes = [f"weights are stored as {kind} and computed with in float32 ({failure}): smaller, not faster"]
    if halved:
        notes.append(
            f"stored as float16, since the input meets them first and their errors go into all results: "
            f"{', '.join(sorted(halved))}"
        )
    return stored, kept, notes


def _refuse_without_change(kind: str, weights: Set[str], kept: Set[str]) -> None:
    if not weights - kept:
        raise Refused(
            f"{kind} would change nothing: each of the {len(weights)} float weights is small, out of range "
            "or kept; build the model without it (--only)"
        )


def _try(
    base: onnx.ModelProto,
    unsafe: set[str],
    convert: Callable[[onnx.ModelProto, set[str]], onnx.ModelProto],
) -> tuple[onnx.ModelProto | None, str]:
    """What ONNX Runtime's own converter makes of the model, if that loads; else why it does not."""
    if has_inner_graphs(base):
        inner = sorted({node.op_type for node in base.graph.node if node.op_type in ("If", "Loop", "Scan")})
        return None, f"the converter cannot go into {', '.join(inner)}"
    try:
        made = convert(base, unsafe)
    except (ValueError, RuntimeError, KeyError, AttributeError) as error:
        return None, f"the converter fails: {one_line(error, 120)}"
    failure = _why_not_loaded(made)
    return (None, f"what the converter makes does not load: {failure}") if failure else (made, "")


def _to_float16(base: onnx.ModelProto, unsafe: set[str]) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(base)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one for each value that it rounds to the smallest or largest
        made: onnx.ModelProto = float16.convert_float_to_float16(
            copy,
            min_positive_val=SMALLEST_FLOAT16,
            max_finite_val=FLOAT16_MAX,
            keep_io_types=True,
            node_block_list=_readers(base, unsafe),
        )
    return made


def _to_int8(base: onnx.ModelProto, unsafe: set[str]) -> onnx.ModelProto:
    logging.getLogger().setLevel(logging.ERROR)  # it advises a pass that only static quantisation needs
    with tempfile.TemporaryDirectory(prefix="inferfleet-") as scratch:
        given, made = Path(scratch) / "given.onnx", Path(scratch) / "made.onnx"
        given.write_bytes(serialised(base))
        quantize_dynamic(given, made, weight_type=QuantType.QInt8, nodes_to_exclude=_readers(base, unsafe))
        return onnx.load(made)


def _is_small(why: str) -> bool:
    """Whether a weight is kept for its size alone. Converters change the dtype of these with their ops."""
    return why.startswith(("a scalar", "a constant"))


def _readers(proto: onnx.ModelProto, names: set[str]) -> list[str]:
    return sorted({node.name for name in names for node in users(proto.graph, name)})


def _small_share(proto: onnx.ModelProto, kind: str, wanted: int) -> float:
    """The share of the chosen weights' bytes that are stored small now."""
    dtypes = {
        "float16": (onnx.TensorProto.FLOAT16,),
        "int8": (onnx.TensorProto.INT8, onnx.TensorProto.UINT8),
    }[kind]
    size = 2 if kind == "float16" else 1
    count = 0
    for graph in graphs_of(proto.graph):
        for tensor in graph.initializer:
            if tensor.data_type in dtypes:
                values = 1
                for length in tensor.dims:
                    values *= length
                count += values
    return count * size / (wanted * size / 4)


def _why_not_loaded(proto: onnx.ModelProto) -> str:
    """What ONNX Runtime has against a model; empty when it loads."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        onnxruntime.InferenceSession(serialised(proto), options, providers=["CPUExecutionProvider"])
    except _NOT_LOADED as error:
        return one_line(error, 200)
    return ""
