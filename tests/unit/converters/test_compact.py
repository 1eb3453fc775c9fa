"""A model.json without what no page reads, and with short names."""

import base64
import copy
from typing import Any

import pytest
from inferfleet_converters.compact import renamed, short_names, without_unread
from inferfleet_converters.op_lists import Read
from inferfleet_converters.refusal import Refused

CONV = {
    "strides": Read("number[]", None),
    "data_format": Read("string", "NHWC"),
    "dilations": Read("number[]", [1, 1, 1, 1]),
    "explicit_paddings": Read("number[]", []),
    "use_cudnn_on_gpu": Read("bool", True),
}
OPS = {"Conv2D": CONV, "Const": {}, "Relu": {}, "Identity": {}, "NoOp": {}}
FLOAT = {"type": "DT_FLOAT"}


def text(value: str) -> dict[str, str]:
    return {"s": base64.b64encode(value.encode()).decode()}


def node(name: str, op: str, *inputs: str, **attr: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": attr, "device": "/device:CPU:0"}


def document(*nodes: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"modelTopology": {"node": list(nodes), "library": {}}, "weightsManifest": [], **rest}


def of(stripped: dict[str, Any], name: str) -> Any:
    return next(node for node in stripped["modelTopology"]["node"] if node["name"] == name)


def conv(**attr: Any) -> dict[str, Any]:
    return document(
        node("x", "Placeholder", dtype=FLOAT),
        node("c", "Conv2D", "x", **attr),
        node("y", "Relu", "c", T=FLOAT),
    )


def test_devices_and_attributes_that_no_op_reads_are_left_out() -> None:
    given = conv(T=FLOAT, strides={"list": {"i": ["1", "2", "2", "1"]}})
    before = copy.deepcopy(given)
    stripped = without_unread(given, OPS)
    assert of(stripped, "c") == {
        "name": "c",
        "op": "Conv2D",
        "input": ["x"],
        "attr": {"strides": {"list": {"i": ["1", "2", "2", "1"]}}},
    }
    assert given == before


@pytest.mark.parametrize(
    ("attr", "left_out"),
    [
        ({"data_format": text("NHWC")}, True),
        ({"data_format": text("NCHW")}, False),
        ({"data_format": {"s": "not base64"}}, False),
        ({"data_format": {"s": 5}}, False),
        ({"dilations": {"list": {"i": ["1", "1", "1", "1"]}}}, True),
        ({"dilations": {"list": {"i": [1, 1, 1, 1]}}}, True),
        ({"dilations": {"list": {"i": ["1", "2", "2", "1"]}}}, False),
        ({"dilations": {"i": "1"}}, False),
        ({"explicit_paddings": {"list": {}}}, True),
        ({"explicit_paddings": {"list": {"i": ["0", "1"]}}}, False),
        ({"use_cudnn_on_gpu": {"b": True}}, True),
        ({"use_cudnn_on_gpu": {"b": False}}, False),
        ({"use_cudnn_on_gpu": None}, False),
        ({"strides": {"list": {}}}, False),
    ],
)
def test_what_tensorflow_js_assumes_is_left_out_and_nothing_else(
    attr: dict[str, Any], left_out: bool
) -> None:
    assert ("attr" not in of(without_unread(conv(**attr), OPS), "c")) is left_out


def test_inputs_outputs_and_unknown_ops_keep_all() -> None:
    given = document(
        node("x", "Placeholder", dtype=FLOAT, shape={"shape": {}}),
        node("mine", "MyOp", "x", whatever={"i": "7"}),
        node("inner", "Relu", "mine", T=FLOAT),
        node("named", "Relu", "inner", T=FLOAT),  # an output, though another node takes it
        node("y", "Identity", "named", T=FLOAT),
        signature={"inputs": {"in": {"name": "x:0"}}, "outputs": {"out": {"name": "named:0"}}},
    )
    stripped = without_unread(given, OPS | {"Placeholder": {}})
    for name in ("x", "mine", "named", "y"):
        assert of(stripped, name) == of(given, name)
    assert of(stripped, "inner") == {"name": "inner", "op": "Relu", "input": ["mine"]}


def test_nodes_of_functions_are_stripped_too() -> None:
    given = document(node("x", "Placeholder"))
    body = {"signature": {"name": "f"}, "nodeDef": [node("r", "Relu", "a", T=FLOAT)], "ret": {"o": "r:0"}}
    given["modelTopology"]["library"] = {"function": [body, {"signature": {"name": "empty"}}]}
    stripped = without_unread(given, OPS)["modelTopology"]["library"]["function"]
    assert stripped[0] == body | {"nodeDef": [{"name": "r", "op": "Relu", "input": ["a"]}]}
    assert stripped[1] == {"signature": {"name": "empty"}}


def test_inner_nodes_and_their_weights_get_short_names() -> None:
    given = document(
        node("a", "Placeholder"),  # the first short name is taken
        node("scope/weights", "Const"),
        node("scope/split", "Split", "scope/weights", "a"),
        node("scope/guard", "NoOp", "^scope/split"),
        node("scope/relu", "Relu", "scope/split:1", "^scope/guard"),
        node("scope/feature", "Relu", "scope/relu"),
        node("y", "Identity", "scope/feature"),
        signature={"outputs": {"feature": {"name": "scope/feature:0"}, "y": {"name": "y:0"}}},
    )
    given["weightsManifest"] = [{"paths": ["w.bin"], "weights": [{"name": "scope/weights", "shape": [2]}]}]
    short = renamed(given, short_names(given))
    nodes = short["modelTopology"]["node"]
    assert [node["name"] for node in nodes] == ["a", "b", "c", "d", "e", "scope/feature", "y"]
    assert [node["input"] for node in nodes] == [
        [],
        [],
        ["b", "a"],
        ["^c"],
        ["c:1", "^d"],
        ["e"],
        ["scope/feature"],
    ]
    assert short["weightsManifest"] == [{"paths": ["w.bin"], "weights": [{"name": "b", "shape": [2]}]}]


def test_many_nodes_have_different_names() -> None:
    nodes = [node(f"n{at}", "Relu", f"n{at - 1}") for at in range(2_000)]
    names = short_names(document(*nodes, node("y", "Relu", "n1999")))
    assert len(set(names.values())) == len(names) == 2_000
    assert max(map(len, names.values())) == 3


def test_tables_are_found_by_name() -> None:
    with pytest.raises(Refused, match="leave --short-names out"):
        short_names(document(node("x", "Placeholder"), modelInitializer={"node": []}))
