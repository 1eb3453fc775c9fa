"""Boxes of a variant beside those of its source, and what an app's post-processing makes of outputs."""

from pathlib import Path

import numpy as np
import pytest

from collector.variants.evaluate.detections import pair
from collector.variants.evaluate.difference import compare, guess_task
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.gates import Limits, agreement_gate
from collector.variants.evaluate.postprocess import run_postprocess

ONE, TWO, FAR = [0.0, 0, 10, 10], [20.0, 0, 30, 10], [80.0, 80, 90, 90]


def found(*boxes: list[float], scores: list[float] | None = None) -> list[np.ndarray]:
    given = np.linspace(0.9, 0.5, len(boxes)) if scores is None else np.array(scores)
    return [np.array(boxes, np.float64).reshape(-1, 4), given.astype(np.float64)]


def iou(variant: list[np.ndarray], source: list[np.ndarray]) -> float:
    overlap = compare([variant], [source], "detection", postprocessed=True).iou
    assert overlap is not None
    return overlap


def test_boxes_are_compared_whatever_their_order() -> None:
    assert iou(found(TWO, ONE), found(ONE, TWO)) == 1
    assert iou(found(ONE, [20, 0, 30, 5]), found(ONE, TWO)) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("variant", "source", "overlap"),
    [
        ([ONE], [ONE, TWO], 0.5),  # missed
        ([ONE, TWO, FAR], [ONE, TWO], 2 / 3),  # found where nothing is
        ([], [ONE], 0),
        ([ONE], [], 0),
        ([], [], 1),
        ([FAR], [ONE], 0),
        ([ONE, ONE], [ONE], 0.5),  # one of them twice
    ],
)
def test_what_only_one_of_both_finds_counts_as_no_overlap(
    variant: list[list[float]], source: list[list[float]], overlap: float
) -> None:
    assert iou(found(*variant), found(*source)) == pytest.approx(overlap)


def test_the_other_figures_are_of_boxes_that_both_have() -> None:
    made = compare(
        [found([0, 0, 10, 9], FAR, scores=[0.8, 0.7])],
        [found(ONE, scores=[0.9])],
        "detection",
        postprocessed=True,
    )
    assert made.max_abs == 1
    assert made.iou == pytest.approx(0.45)
    assert agreement_gate(made, "detection", Limits()) == ["agreement"]
    nothing = compare([found()], [found(ONE)], "detection", postprocessed=True)
    assert (nothing.max_abs, nothing.relative, nothing.iou) == (0, 0, 0)


def test_an_array_without_a_row_for_each_box_is_refused() -> None:
    with pytest.raises(EvaluateError, match="not as many rows as boxes"):
        pair([[*found(ONE, TWO), np.zeros(3)]], [[*found(ONE, TWO), np.zeros(3)]])


def test_detections_are_known_as_such() -> None:
    assert guess_task([found(ONE)]) == "detection"
    assert guess_task([found()]) == "detection"


def script(folder: Path, body: str) -> Path:
    path = folder / "app.py"
    path.write_text(f"import numpy as np\n{body}\n")
    return path


def test_a_script_reads_the_outputs_by_name(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        "def postprocess(outputs):\n"
        "    return {'top': outputs['b'][:1], 'all': list(outputs['a']), 'n': len(outputs['a'])}",
    )
    samples = [[np.array([1.0, 2]), np.array([3, 4])], [np.array([5.0]), np.array([6, 7])]]
    made = run_postprocess(path, ["a", "b"], samples)
    assert [[array.tolist() for array in sample] for sample in made] == [[[1, 2], 2, [3]], [[5], 1, [6]]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x = 1", r"app\.py: it has no function postprocess\(\)"),
        ("def postprocess(outputs): return None", "did not return a dict of arrays"),
        ("def postprocess(outputs): return {}", "did not return a dict of arrays"),
        ("def postprocess(outputs): return {'a': 'text'}", "sample 0: a is no array of finite numbers"),
        ("def postprocess(outputs): return {'a': [float('nan')]}", "a is no array of finite numbers"),
        ("def postprocess(outputs): return {'a': [[1], [1, 2]]}", "a is no array of finite numbers"),
        (
            "def postprocess(outputs): return {str(outputs['a'][0]): 1}",
            "for sample 1, and other names before",
        ),
        ("def postprocess(outputs): return outputs['c']", "KeyError: 'c'"),
        ("def postprocess(outputs): raise SystemExit(0)", "ended without a word"),
        ("def postprocess(outputs): return {'a': np.zeros(1 << 28)}", "returns more than"),
        ("def postprocess(:", "SyntaxError"),
    ],
)
def test_a_script_that_fails_is_one_line(body: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(EvaluateError, match=message):
        run_postprocess(script(tmp_path, body), ["a"], [[np.array([1.0])], [np.array([2.0])]])


def test_outputs_without_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluateError, match="the model has other outputs than"):
        run_postprocess(script(tmp_path, ""), ["a"], [[np.zeros(1), np.zeros(1)]])
