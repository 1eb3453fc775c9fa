"""What the converters do silently or wrongly: each is handled, or refused in a line that says what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.system

CASES: dict[str, dict[str, Any]] = {
    "attention": {"model": "attention"},
    "area": {"model": "area"},
    "python": {"model": "python"},
    "boxes": {"model": "boxes"},
    "many": {"model": "many"},
    "frozen": {"model": "frozen.pb"},
    "code": {"model": "code.keras"},
    "code in h5": {"model": "code.h5"},
    "both": {"model": "both.h5"},
    "nan": {"model": "nan.keras"},
    "weights alone": {"model": "weights_alone.weights.h5"},
    "three.h5": {"model": "three.h5"},
    "two.h5": {"model": "two.h5"},
    "layers": {"model": "layers/model.json"},
    "brackets": {"model": "brackets", "keep_float": ["w[1]"]},
    "no such weight": {"model": "brackets", "keep_float": ["v*"]},
    "quantised": {"model": "quantised"},
    "infinite": {"model": "infinite"},
    "small": {"model": "small"},
    "many files": {"model": "two.h5", "shard_bytes": 4},
    "mlp": {"model": "mlp.onnx"},
    "outside": {"model": "outside.onnx"},
    "lost": {"model": "lost.onnx"},
    "escapes": {"model": "escapes.onnx"},
    "old": {"model": "old.onnx"},
    "nan in onnx": {"model": "nan.onnx"},
    "loop": {"model": "loop.onnx"},
    "loop small first": {"model": "loop_small_first.onnx"},
    "uint8 of onnx": {"model": "mlp.onnx", "only": ["uint8"]},
}


class Outcomes:
    def __init__(self, folder: Path, outcomes: dict[str, Any]) -> None:
        self.folder = folder
        self._outcomes = outcomes

    def refusal(self, case: str) -> str:
        said: str = self._outcomes[case]["refused"]
        assert len(said.splitlines()) == 1
        assert not (self.folder / case).exists()
        return said

    def variant(self, case: str, name: str) -> Any:
        assert "record" in self._outcomes[case], self._outcomes[case]
        return next(one for one in self._outcomes[case]["record"]["variants"] if one["name"] == name)

    def entry(self, case: str, name: str) -> Path:
        return self.folder / case / str(self.variant(case, name)["entry"])


@pytest.fixture(scope="module")
def outcomes(
    in_tool: Callable[..., str], sources: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    folder = tmp_path_factory.mktemp("built")
    plain = {"only": [], "keep_float": [], "shard_bytes": 4 * 1024**2, "short_names": False}
    requests = [
        plain | case | {"name": name, "model": str(sources / case["model"]), "to": str(folder / name)}
        for name, case in CASES.items()
    ]
    said = in_tool("run_cases.py", stdin=json.dumps(requests)).splitlines()[-1]
    return Outcomes(folder, json.loads(said))


def test_a_mask_and_an_epsilon_stay_float_in_float16(
    outcomes: Outcomes, run_tfjs: Callable[..., Any]
) -> None:
    kept = {entry["why"] for entry in outcomes.variant("attention", "float16")["kept_float"]}
    assert kept == {"holds 1e+09, and float16 ends at 65504", "holds 1e-12, which is 0 in float16"}
    entries = [outcomes.entry("attention", name) for name in ("source", "float16", "uint8")]
    values = [(index % 7 - 3) / 4 for index in range(64)]
    source, half, byte = (one["values"][0] for one in run_tfjs(entries, [8, 8], values))
    masked = [row * 8 + column for row in range(8) for column in range(row + 1, 8)]
    for index in range(64):
        if index in masked:
            assert half[index] == source[index] == pytest.approx(-27.63, abs=0.01)  # log(1e-12)
        else:
            assert half[index] == pytest.approx(source[index], abs=0.02)
            assert byte[index] == pytest.approx(source[index], abs=0.2)


def test_outputs_come_in_the_order_of_the_model(outcomes: Outcomes) -> None:
    """The converter writes them in the order of a hash table; a page gets them in that of the file."""
    document = json.loads(outcomes.entry("many", "source").read_bytes())
    nodes = [entry["name"] for entry in document["signature"]["outputs"].values()]
    assert nodes == ["Identity:0", *(f"Identity_{index}:0" for index in range(1, 12))]
    assert [end["name"] for end in outcomes.variant("many", "uint8")["outputs"]] == list(
        document["signature"]["outputs"]
    )


def test_keras_files_of_any_age_become_models_that_load(
    outcomes: Outcomes, run_tfjs: Callable[..., Any], sources: Path
) -> None:
    image = json.loads((sources / "image.json").read_bytes())
    expected = json.loads((sources / "expected.json").read_bytes())
    for case, name in (("three.h5", "three"), ("two.h5", "two"), ("layers", "two")):
        (ran,) = run_tfjs([outcomes.entry(case, "source")], image["shape"], image["values"])
        assert ran["values"][0] == pytest.approx(expected[name], abs=1e-4), case


def test_keras_2_is_fused_and_keras_3_is_warned_about(outcomes: Outcomes) -> None:
    two, three = outcomes.variant("two.h5", "source"), outcomes.variant("three.h5", "source")
    assert two["ops"]["FusedDepthwiseConv2dNative"] == 1
    assert two["warnings"] == []
    assert three["ops"]["DepthwiseConv2dNative"] == 1
    assert [line.split(" is ")[0] for line in three["warnings"]] == ["1 depthwise convolution"]


def test_ops_without_a_fixed_size_want_execute_async(outcomes: Outcomes) -> None:
    (warning,) = outcomes.variant("boxes", "source")["warnings"]
    assert warning.startswith("NonMaxSuppressionV5: call executeAsync")


def test_a_name_with_brackets_means_itself(outcomes: Outcomes) -> None:
    for name in ("float16", "uint16", "uint8"):
        variant = outcomes.variant("brackets", name)
        assert variant["kept_float"] == [{"name": "w[1]", "why": "--keep-float"}]
        assert variant["weights"][name]["count"] == 2


def test_int8_of_onnx_is_dynamic_and_keeps_the_mask(outcomes: Outcomes, in_tool: Callable[..., str]) -> None:
    byte = outcomes.variant("mlp", "int8")
    assert byte["ops"]["DynamicQuantizeLinear"] >= 1
    assert byte["ops"]["MatMulInteger"] >= 1
    assert byte["warnings"] == []
    half = outcomes.variant("mlp", "float16")
    assert half["warnings"] == []
    assert [end["dtype"] for end in half["inputs"] + half["outputs"]] == ["float32", "float32"]
    assert {entry["name"]: entry["why"] for entry in half["kept_float"]} == {
        "epsilon": "a scalar",
        "mask": "holds 1e+09, and float16 ends at 65504",
    }
    assert {entry["name"]: entry["why"] for entry in byte["kept_float"]} == {
        "b2": "a constant of 10 values",
        "epsilon": "a scalar",
        "mask": "the converter leaves it as it is",
    }
    names = ("source", "float16", "int8")
    source, *others = json.loads(in_tool("run_onnx.py", *(outcomes.entry("mlp", name) for name in names)))
    for values in others:
        assert values != source
        assert values == pytest.approx(source, abs=0.05)


def test_weights_that_a_loop_takes_from_outside_are_stored_small(
    outcomes: Outcomes, in_tool: Callable[..., str]
) -> None:
    for case, halved in (("loop", False), ("loop small first", True)):
        byte = outcomes.variant(case, "int8")
        assert byte["ops"]["Loop"] == 1
        assert ("float16" in byte["weights"]) == halved
        assert (
            any("meets them first" in line and line.endswith(": first") for line in byte["warnings"])
            == halved
        )
        assert [end["name"] for end in byte["inputs"] + byte["outputs"]] == ["x", "y"]
        assert {entry["name"]: entry["why"] for entry in byte["kept_float"]} == {
            "bias": "a vector: as a bias it moves every result, and has few bytes"
        }
        names = ("source", "float16", "int8")
        ran = json.loads(in_tool("run_onnx.py", *(outcomes.entry(case, name) for name in names)))
        source, half, stored = (np.array(values) for values in ran)
        assert 0 < np.abs(half - source).max() < 0.002 * np.abs(source).max()
        assert 0 < np.abs(stored - source).max() < 0.03 * np.abs(source).max()
        content = outcomes.entry(case, "int8").read_bytes()
        assert not any(name in content for name in (b"moved", b"turned", b"begin"))


def test_weights_outside_of_an_onnx_file_are_taken_in(outcomes: Outcomes) -> None:
    assert outcomes.variant("outside", "source")["id"] == outcomes.variant("mlp", "source")["id"]
    assert [file["path"] for file in outcomes.variant("outside", "source")["files"]] == ["source/model.onnx"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("area", "TensorFlow.js has no ResizeArea: resize bilinearly"),
        ("python", "the graph has EagerPyFunc, which reads or runs what is on this machine"),
        ("frozen", "frozen.pb is a frozen graph of TensorFlow 1"),
        ("code", "the model has a Lambda layer, which is Python code"),
        ("code in h5", "the model has a Lambda layer, which is Python code"),
        ("both", "both.h5 is a .keras file and an .h5 file at once"),
        ("nan", "64 of 64 values of the weight kernel are NaN or infinite"),
        ("weights alone", "weights_alone.weights.h5 has weights alone"),
        ("no such weight", "--keep-float v* matches no weight; the model's float weights are w*, w1, w[1]"),
        ("quantised", "the model is quantised already (w)"),
        ("many files", "and a page checks 1,024 at most, model.json among them: give a --shard-size of at"),
        ("infinite", "values of the weight w are NaN or infinite"),
        ("small", "float16 would change nothing: each of the 1 float weights is small"),
        ("lost", "lost.onnx names the file 'gone.data', which is not there"),
        ("escapes", "escapes.onnx names the file '../outside.data', which is outside of its folder"),
        ("old", "old.onnx uses opset 9, and the converters need 11"),
        ("nan in onnx", "1,280 of 1,280 values of w2 are NaN or infinite"),
        ("uint8 of onnx", "--only uint8: of this model there can be source, float16, int8"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(outcomes: Outcomes, case: str, said: str) -> None:
    assert said in outcomes.refusal(case)
