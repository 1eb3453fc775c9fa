"""Outputs by name, and samples that follow one another."""

import re
from pathlib import Path

import numpy as np
import pytest

from collector.variant_folder import BuiltVariant, TensorSpec
from collector.variants.evaluate.carry import Output, find_carries, find_outputs, pick
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs import Inputs, begin_sequences, read_npz, run_script

X = TensorSpec(name="x", dtype="float32", shape=[1, 4])
STATE = TensorSpec(name="state", dtype="float32", shape=[1, 2])
OPEN = TensorSpec(name="open", dtype="float32", shape=[None, 2])
PORTS = [X, STATE]


def source(inputs: list[TensorSpec] = PORTS, outputs: list[TensorSpec] | None = None) -> BuiltVariant:
    made = [
        TensorSpec(name="y", dtype="float32", shape=[1, 1]),
        TensorSpec(name="next", dtype=None, shape=[None, 2]),
        TensorSpec(name="count", dtype="int32", shape=[1, 2]),
    ]
    file = {"path": "model.onnx", "bytes": 1, "sha256": "0" * 64}
    return BuiltVariant.model_validate(
        {"name": "source", "entry": "model.onnx", "files": [file], "bytes": 1, "id": "0" * 64}
    ).model_copy(update={"inputs": inputs, "outputs": made if outputs is None else outputs})


def test_names_are_found() -> None:
    (carry,) = find_carries(["next=state"], source())
    assert carry == (Output("next", 1), STATE)
    assert find_carries([], source()) == ()
    assert [found.at for found in find_outputs(["count", "y", "y"], source())] == [0, 2]
    assert find_outputs([], source()) == ()


def test_an_engine_may_name_outputs_otherwise() -> None:
    assert Output("next", 1).find(["y", "next", "count"]) == 1
    assert Output("next", 1).find(["next", "y"]) == 0
    assert Output("next", 1).find(["Identity:0", "Identity_1:0"]) == 1
    samples = [[np.zeros(1), np.ones(1)], [np.zeros(1)]]
    assert [len(sample) for sample in pick(samples, [1])] == [1, 0]
    assert [len(sample) for sample in pick(samples, None)] == [2, 1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("next", "--carry next: write OUTPUT=INPUT"),
        ("other=state", "--carry other: the model has no output 'other'; it has y, next, count"),
        ("next=other", "--carry next=other: the model has no input 'other'; it has x, state"),
        ("count=state", "--carry count=state: the output is int32 and the input float32"),
        ("next=x", "--carry next=x: the output has the shape [?, 2] and the input [1, 4]"),
    ],
)
def test_what_cannot_be_carried_is_one_line(asked: str, said: str) -> None:
    with pytest.raises(EvaluateError, match=f"^{re.escape(said)}"):
        find_carries([asked], source())


def test_each_input_is_carried_once_and_one_is_left_for_samples() -> None:
    with pytest.raises(EvaluateError, match="'state' is carried already"):
        find_carries(["next=state", "next=state"], source())
    with pytest.raises(EvaluateError, match="names all inputs of the model"):
        find_carries(["next=state"], source([STATE]))
    with pytest.raises(EvaluateError, match=r"variants\.json names no outputs"):
        find_outputs(["y"], source(outputs=[]))
    with pytest.raises(
        EvaluateError, match="--outputs z: the model has no output 'z'; it has y, next, count"
    ):
        find_outputs(["z"], source())


def test_a_sample_that_gives_a_carried_input_begins_a_sequence() -> None:
    x, state = np.ones((1, 4), np.float32), np.full((1, 2), 7, np.float32)
    samples = [{"x": x}, {"x": x}, {"x": x, "state": state}, {"x": x}]
    made = begin_sequences(Inputs("script", ["0", "1", "2", "3"], samples), PORTS, {"state"})
    assert made.starts == (0, 2)
    assert [list(sample) for sample in made.samples] == [["x", "state"], ["x"], ["x", "state"], ["x"]]
    assert not made.samples[0]["state"].any()
    assert made.samples[2]["state"] is state


def test_zeros_have_the_size_that_the_model_declares() -> None:
    inputs = Inputs("script", ["0"], [{"x": np.ones((1, 4), np.float32)}])
    with pytest.raises(EvaluateError, match="sample 0 begins a sequence and does not give the input 'open'"):
        begin_sequences(inputs, [X, OPEN], {"open"})


def test_files_may_leave_out_what_is_carried_and_nothing_else(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.ones((3, 4), np.float32))
    assert [list(sample) for sample in read_npz(tmp_path / "x.npz", PORTS, {"state"}).samples] == [["x"]] * 3
    with pytest.raises(EvaluateError, match="the input 'state' is missing"):
        read_npz(tmp_path / "x.npz", PORTS)
    script = tmp_path / "make.py"
    script.write_text(
        "def inputs():\n    yield {'x': [1.0] * 4, 'state': [0.0] * 2}\n    yield {'x': [1.0] * 4}\n"
    )
    assert [list(each) for each in run_script(script, PORTS, {"state"}).samples] == [["x", "state"], ["x"]]
    script.write_text("def inputs():\n    yield {'state': [0.0] * 2}\n")
    with pytest.raises(EvaluateError, match="the input 'x' is missing"):
        run_script(script, PORTS, {"state"})
