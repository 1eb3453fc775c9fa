#!/usr/bin/env bash
# Versions: onnxconverter-common 1.16.0, onnx 1.22.0, onnxruntime 1.32.0, numpy 2.1.3, Python 3.11, Linux.
#
# What happens: a model has an If, and its branches read a float input of the graph. convert_float_to_float16 with
# keep_io_types=True leaves that input float32, makes the branches' weights float16, and adds no Cast between the two: the
# nodes inside the branches read a float32 input beside float16 weights. The converter returns without a warning and
# onnx.checker accepts the model; ONNX Runtime refuses to load it. With keep_io_types=False the same model loads and
# runs.
#
# Why it matters: keep_io_types is what one wants in a browser, where inputs are Float32Array and float16 arrays are
# new. Voice activity detectors and other models with several sampling rates have an If around all of their layers, so
# that float16 seems not to work for them at all.
#
# Output seen:
#   float32: 33,147 bytes, runs
#   float16 with float16 inputs: 16,755 bytes, runs
#   float16 with float32 inputs: 16,860 bytes, the checker accepts it, loading fails: Type parameter (T) of Optype (MatMul)
#   bound to different types
#
# What we do: a graph with branches keeps its operations in float32. Its weights are stored as float16 and cast at load.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxconverter-common==1.16.0 onnx==1.22.0 onnxruntime==1.32.0 numpy==2.1.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16

warnings.filterwarnings("ignore")
random = np.random.default_rng(0)


def branch(name):
    weights = numpy_helper.from_array(random.normal(size=(64, 64)).astype(np.float32), f"{name}_weights")
    output = helper.make_tensor_value_info(f"{name}_output", TensorProto.FLOAT, [1, 64])
    node = helper.make_node("MatMul", ["input", weights.name], [output.name])
    return helper.make_graph([node], name, [], [output], [weights])


choice = helper.make_node("If", ["first"], ["output"], then_branch=branch("then"), else_branch=branch("else"))
graph = helper.make_graph(
    [choice],
    "two_ways",
    [
        helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 64]),
        helper.make_tensor_value_info("first", TensorProto.BOOL, []),
    ],
    [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 64])],
)
source = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(source, full_check=True)


def outcome(model, dtype):
    """What becomes of a model: it runs, or why it does not load."""
    onnx.checker.check_model(model)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception as error:
        return str(error)
    session.run(None, {"input": np.ones((1, 64), dtype), "first": np.array(True)})
    return "runs"


kept = float16.convert_float_to_float16(source, keep_io_types=True)
changed = float16.convert_float_to_float16(source, keep_io_types=False)
outcomes = outcome(source, np.float32), outcome(changed, np.float16), outcome(kept, np.float32)
print(f"float32: {source.ByteSize():,} bytes, {outcomes[0]}")
print(f"float16 with float16 inputs: {changed.ByteSize():,} bytes, {outcomes[1]}")
print(f"float16 with float32 inputs: {kept.ByteSize():,} bytes, the checker accepts it, loading fails: {outcomes[2]}")
refused = "Type parameter (T) of Optype (MatMul) bound to different types"
if outcomes[:2] != ("runs", "runs") or refused not in outcomes[2]:
    sys.exit("changed: the outcomes are others than the ones described above")
PYTHON
