"""Makes the models of these tests, with the libraries of the converters. Run by their own Python: FOLDER."""

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf_keras
from onnx import TensorProto, helper, numpy_helper
from tensorflowjs.converters import save_keras_model
from tensorflowjs.write_weights import write_weights

OUT = Path(sys.argv[1])
RANDOM = np.random.default_rng(7)
IMAGE = RANDOM.normal(size=(1, 16, 16, 3)).astype(np.float32)


def classifier(library):
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.Conv2D(16, 3, activation="relu", name="conv", bias_initializer="random_normal"),
            layers.DepthwiseConv2D(3, use_bias=False, name="depthwise"),
            layers.BatchNormalization(
                name="norm", beta_initializer="random_normal", moving_mean_initializer="random_normal"
            ),
            layers.ReLU(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(64, activation="relu", name="hidden"),
            layers.Dense(10, name="scores", bias_initializer="random_normal"),
        ]
    )


def save_classifiers():
    expected = {}
    keras.utils.set_random_seed(1)
    three = classifier(keras)
    three.save(OUT / "three.keras")
    three.save(OUT / "three.h5")
    expected["three"] = three(IMAGE).numpy().ravel().tolist()
    tf_keras.utils.set_random_seed(1)
    two = classifier(tf_keras)
    two.save(OUT / "two.h5")
    save_keras_model(two, str(OUT / "layers"))
    expected["two"] = two(IMAGE).numpy().ravel().tolist()
    (OUT / "expected.json").write_text(json.dumps(expected))
    (OUT / "image.json").write_text(
        json.dumps({"shape": list(IMAGE.shape), "values": IMAGE.ravel().tolist()})
    )


def save_function(name, function, *shape, dtype=tf.float32):
    module = tf.Module()
    module.call = tf.function(function, input_signature=[tf.TensorSpec(shape, dtype, name="x")])
    tf.saved_model.save(module, str(OUT / name), signatures={"serving_default": module.call})


def save_functions():
    weight = tf.constant(RANDOM.normal(size=(8, 8)).astype(np.float32))
    mask = np.where(np.tri(8, 8, dtype=bool), 0, -1e9).astype(np.float32)
    epsilon = np.full(64, 1e-12, np.float32)

    def attention(x):
        scores = tf.nn.softmax(tf.matmul(x, weight) + tf.constant(mask))
        return {"y": tf.math.log(tf.maximum(tf.reshape(scores, (64,)), tf.constant(epsilon)))}

    save_function("attention", attention, 8, 8)
    save_function("area", lambda x: {"y": tf.compat.v1.image.resize_area(x, (4, 4))}, 1, 8, 8, 3)
    save_function("python", lambda x: {"y": tf.py_function(lambda v: v, [x], tf.float32)}, 4)
    save_function(
        "boxes",
        lambda x: {"y": tf.image.non_max_suppression_with_scores(tf.matmul(x, weight)[:, :4], x[:, 0], 4)[0]},
        None,
        8,
    )
    outputs = {f"out_{index}": index for index in range(12)}
    save_function(
        "many", lambda x: {name: tf.matmul(x, weight) + index for name, index in outputs.items()}, 1, 8
    )
    graph = tf.Graph()
    with graph.as_default():
        tf.compat.v1.placeholder(tf.float32, (1,), name="x")
    (OUT / "frozen.pb").write_bytes(graph.as_graph_def().SerializeToString())


def save_bad_keras():
    code = keras.Sequential([keras.layers.Input((4,)), keras.layers.Lambda(lambda x: x * 2)])
    code.save(OUT / "code.keras")
    code.save(OUT / "code.h5")
    harmless = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(4)])
    harmless.save(OUT / "harmless.keras")
    (OUT / "both.h5").write_bytes((OUT / "code.h5").read_bytes() + (OUT / "harmless.keras").read_bytes())
    nan = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(8)])
    nan.set_weights([np.full((8, 8), np.nan), np.zeros(8)])
    nan.save(OUT / "nan.keras")
    (OUT / "weights_alone.weights.h5").unlink(missing_ok=True)
    nan.save_weights(OUT / "weights_alone.weights.h5")


def graph_model(name, weights, **quantised):
    """A graph model that adds up its weights."""
    folder = OUT / name
    folder.mkdir()
    entries = [{"name": key, "data": value} for key, value in weights.items()]
    manifest = write_weights(
        [entries], str(folder), write_manifest=False, quantization_dtype_map=quantised or None
    )
    nodes = [{"name": key, "op": "Const", "attr": {"dtype": {"type": "DT_FLOAT"}}} for key in weights]
    attr = {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": {"dim": [{"size": "8"}, {"size": "8"}]}}}
    nodes.append({"name": "x", "op": "Placeholder", "attr": attr})
    nodes.append({"name": "y", "op": "AddN", "input": ["x", *weights], "attr": {"T": {"type": "DT_FLOAT"}}})
    document = {
        "format": "graph-model",
        "modelTopology": {"node": nodes, "library": {}},
        "weightsManifest": manifest,
    }
    (folder / "model.json").write_text(json.dumps(document))


def save_graph_models():
    values = RANDOM.normal(size=(8, 8)).astype(np.float32)
    graph_model("brackets", {"w[1]": values, "w1": values * 2, "w*": values * 3})
    graph_model("quantised", {"w": values}, uint8="*")
    graph_model("infinite", {"w": np.where(values > 1, np.inf, values).astype(np.float32)})
    graph_model("small", {"w": values[:1, :1]})


def onnx_model(name, nodes, weights, *, opset=17, shape=(1, 64), out=(1, 10), external=False):
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    options = (
        {"save_as_external_data": True, "location": f"{name}.data", "size_threshold": 64} if external else {}
    )
    onnx.save(model, OUT / f"{name}.onnx", **options)


def save_onnx():
    weights = {
        "w1": RANDOM.normal(size=(64, 128)).astype(np.float32) / 8,
        "mask": np.where(np.arange(128) < 100, 0, -1e9).astype(np.float32),
        "w2": RANDOM.normal(size=(128, 10)).astype(np.float32) / 8,
        "epsilon": np.array(1e-12, np.float32),
        "b2": RANDOM.normal(size=10).astype(np.float32),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["h"]),
        helper.make_node("Add", ["h", "mask"], ["masked"]),
        helper.make_node("Softmax", ["masked"], ["s"]),
        helper.make_node("Add", ["s", "epsilon"], ["t"]),
        helper.make_node("Gemm", ["t", "w2", "b2"], ["y"]),
    ]
    onnx_model("mlp", nodes, weights)
    onnx_model("outside", nodes, weights, external=True)
    onnx_model("old", nodes, weights, opset=9)
    onnx_model("nan", nodes, weights | {"w2": np.full((128, 10), np.nan, np.float32)})
    for name, place in (("lost", "gone.data"), ("escapes", "../outside.data")):
        model = onnx.load(OUT / "outside.onnx", load_external_data=False)
        for tensor in model.graph.initializer:
            for entry in tensor.external_data:
                if entry.key == "location":
                    entry.value = place
        (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def save_loops():
    """Three turns of a loop whose body takes a weight and a name from outside, after a first weight.

    ``loop`` has a first weight of nearly half of all; ``loop small first`` one of a tenth.
    """
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["h", "w"], ["turned"]),
            helper.make_node("Add", ["turned", "bias"], ["moved"]),
            helper.make_node("Tanh", ["moved"], ["next"]),
            helper.make_node("Identity", ["go"], ["on"]),
        ],
        "body",
        [
            value("turn", TensorProto.INT64, []),
            value("go", TensorProto.BOOL, []),
            value("h", TensorProto.FLOAT, [1, 64]),
        ],
        [value("on", TensorProto.BOOL, []), value("next", TensorProto.FLOAT, [1, 64])],
    )
    size = np.logspace(-2, 0, 64).astype(np.float32)  # rows and columns of different size: two scales
    weights = {
        "w": RANDOM.uniform(-1, 1, (64, 64)).astype(np.float32) * size[:, None] * size[::-1][None] / 4,
        "bias": RANDOM.normal(size=64).astype(np.float32),
        "last": RANDOM.normal(size=(64, 10)).astype(np.float32) / 8,
        "turns": np.array(3, np.int64),
        "yes": np.array(True),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["x"], ["wide"], axes=[0]),
        helper.make_node("Squeeze", ["wide"], ["again"], axes=[0]),
        helper.make_node("MatMul", ["again", "first"], ["begin"]),
        helper.make_node("Loop", ["turns", "yes", "begin"], ["end"], body=body),
        helper.make_node("MatMul", ["end", "last"], ["y"]),
    ]
    first = RANDOM.normal(size=(64, 64)).astype(np.float32) / 8
    onnx_model("loop", nodes, weights | {"first": first}, opset=12)
    few = [
        helper.make_node("Slice", ["x", "from", "to"], ["begin of x"]),
        *nodes[:2],
        helper.make_node("MatMul", ["begin of x", "first"], ["begin"]),
        *nodes[3:],
    ]
    cut = {"from": np.array([0, 0]), "to": np.array([1, 8])}
    onnx_model("loop_small_first", few, weights | cut | {"first": first[:8]}, opset=12)


save_classifiers()
save_functions()
save_bad_keras()
save_graph_models()
save_onnx()
save_loops()
