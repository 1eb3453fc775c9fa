"""What a graph is made of, as TensorFlow.js sees it."""

import json
from typing import Any

from inferfleet_converters.canonical import canonical_json
from inferfleet_converters.graph_facts import count_ops, ends, warnings_of, with_outputs_in_order


def entry(name: str) -> dict[str, Any]:
    return {"name": f"{name}:0", "dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "-1"}, {"size": "4"}]}}


def test_outputs_are_put_in_the_order_of_the_model() -> None:
    names = [f"Identity_{index}" if index else "Identity" for index in range(12)]
    shuffled = {f"key {name}": entry(name) for name in sorted(names, reverse=True)}
    inputs = {"second": entry("b"), "first": entry("a")}
    nodes = [{"name": "a", "op": "Placeholder"}, {"name": "b", "op": "Placeholder"}]
    document = with_outputs_in_order(
        {"modelTopology": {"node": nodes}, "signature": {"outputs": shuffled, "inputs": inputs}}
    )
    written = json.loads(canonical_json(document))
    assert [end["name"] for end in ends(written, "outputs")] == [f"key {name}" for name in names]
    assert [end["name"] for end in ends(written, "inputs")] == ["first", "second"]


def test_canonical_json_sorts_all_but_the_signature() -> None:
    document = {"signature": {"outputs": {"z": 1, "a": 2}}, "b": {"z": [{"y": 1, "x": 2}], "a": 1}, "a": "é"}
    assert canonical_json(document) == (
        '{"a":"é","b":{"a":1,"z":[{"x":2,"y":1}]},"signature":{"outputs":{"z":1,"a":2}}}'.encode()
    )


def test_a_model_without_a_signature_has_its_placeholders_and_loose_ends() -> None:
    attr = {"dtype": {"type": "DT_UINT8"}, "shape": {"shape": {"dim": [{"size": "1"}, {"size": "-1"}]}}}
    topology = {
        "node": [
            {"name": "x", "op": "Placeholder", "attr": attr},
            {"name": "used", "op": "Relu", "input": ["x"]},
            {"name": "y", "op": "Relu", "input": ["used:0", "^x"]},
        ],
        "library": {"function": [{"nodeDef": [{"name": "inner", "op": "Relu"}]}]},
    }
    document = {"modelTopology": topology}
    assert ends(document, "inputs") == [{"name": "x", "dtype": "int32", "shape": [1, None]}]
    assert ends(document, "outputs") == [{"name": "y", "dtype": None, "shape": None}]
    assert count_ops(topology) == {"Placeholder": 1, "Relu": 3}


def test_warnings() -> None:
    nodes = [
        {"name": "a", "op": "DepthwiseConv2dNative", "input": ["x"]},
        {"name": "b", "op": "Mul", "input": ["a:0"]},
        {"name": "c", "op": "Where", "input": ["b"]},
        {"name": "d", "op": "OurOwn", "input": ["c"]},
    ]
    found = warnings_of({"modelTopology": {"node": nodes}}, {"DepthwiseConv2dNative", "Mul", "Where"})
    assert [line.split(":")[0] for line in found] == [
        "Where",
        "OurOwn",
        "1 depthwise convolution is followed by ops that are not fused, "
        "as Keras 3 exports batch normalization",
    ]
    assert warnings_of({"modelTopology": {"node": nodes[:1]}}, {"DepthwiseConv2dNative"}) == []
