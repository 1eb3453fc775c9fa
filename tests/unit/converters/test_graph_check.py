"""Whatever stands in a model.json, it is read or refused, and never a traceback."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inferfleet_converters.graph_check import check_graph
from inferfleet_converters.graph_facts import count_ops, ends, warnings_of
from inferfleet_converters.refusal import Refused

DIMS = {"dim": [{"size": "1"}, {"size": -1}]}
MODEL: dict[str, Any] = {
    "modelTopology": {
        "node": [
            {
                "name": "x",
                "op": "Placeholder",
                "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": DIMS}},
            },
            {"name": "w", "op": "Const", "attr": {}},
            {"name": "y", "op": "MatMul", "input": ["x", "w"]},
        ],
        "library": {"function": [{"nodeDef": [{"name": "f", "op": "Relu", "input": ["g"]}]}]},
    },
    "signature": {"inputs": {"x": {"name": "x:0", "dtype": "DT_FLOAT", "tensorShape": DIMS}}, "outputs": {}},
    "userDefinedMetadata": {"signature": {"outputs": {"y": {"name": "y:0"}}}},
}
VALUES = st.sampled_from([None, 0, True, "", "x", "9" * 5000, 1.5, [], [1], {}, {"a": 1}, [{}], [None]])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each part of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inner for found in places(part, (*path, key)))]


def put(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    *front, last = path
    place: Any = document
    for key in front:
        place = place[key]
    place[last] = value


@given(st.sampled_from(places(MODEL)[1:]), VALUES)
def test_a_part_that_is_something_else_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(MODEL)
    put(document, path, value)
    if not isinstance(document["modelTopology"], dict):
        return  # find_source has refused it
    try:
        check_graph(document, "model.json")
    except Refused as refused:
        assert str(refused).startswith("model.json is no graph model: ")
        return
    for side in ("inputs", "outputs"):
        for end in ends(document, side):
            assert set(end) == {"name", "dtype", "shape"}
    count_ops(document["modelTopology"])
    warnings_of(document, {"Relu"})


def test_a_graph_is_a_graph() -> None:
    check_graph(MODEL, "model.json")
    bad = copy.deepcopy(MODEL)
    put(bad, ("signature", "inputs", "x", "tensorShape"), {"dim": [{"size": "many"}]})
    with pytest.raises(
        Refused, match=r"signature\.inputs has sizes that are no whole numbers; convert the model"
    ):
        check_graph(bad, "model.json")
