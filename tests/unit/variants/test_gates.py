"""What refuses a variant: the published case, and the statistics behind accuracy."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from collector.variants.evaluate.accuracy import hits, loss, measure, wilson
from collector.variants.evaluate.difference import compare, guess_task
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.gates import Limits, accuracy_gate, agreement_gate, leaks

PUBLISHED = Path(__file__).parents[2] / "data/variants_tfjs_quantization.csv"


def published() -> dict[str, dict[str, str]]:
    lines = [line for line in PUBLISHED.read_text().splitlines() if not line.startswith("#")]
    return {f"{row['model']} {row['metric']}": row for row in csv.DictReader(lines)}


def test_the_published_mobilenet_is_refused_as_uint8_and_accepted_as_uint16() -> None:
    row = published()["MobileNetV2 top1"]
    source, uint16, uint8 = (float(row[name]) for name in ("float32", "uint16", "uint8"))
    assert (source, uint16, uint8) == (0.618, 0.624, 0.28)
    assert accuracy_gate(source, uint8, Limits()) == ["accuracy"]
    assert accuracy_gate(source, uint16, Limits()) == []
    assert accuracy_gate(source, uint8, Limits(accuracy_loss=0.4)) == []


@pytest.mark.parametrize("model", ["MNIST convnet accuracy", "Fashion-MNIST convnet accuracy"])
def test_the_published_models_that_bear_uint8_are_accepted(model: str) -> None:
    row = published()[model]
    assert accuracy_gate(float(row["float32"]), float(row["uint8"]), Limits()) == []


def test_a_loss_at_the_limit_passes() -> None:
    assert accuracy_gate(0.9, 0.89, Limits()) == []
    assert accuracy_gate(0.9, 0.8899, Limits()) == ["accuracy"]


@pytest.mark.parametrize(("right", "of"), [(0, 5), (3, 5), (5, 5), (618, 1000), (1, 1)])
def test_the_interval_is_wilsons(right: int, of: int) -> None:
    oracle = binomtest(right, of).proportion_ci(method="wilson")
    assert wilson(right, of) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


def test_the_loss_is_of_pairs() -> None:
    source = [True] * 90 + [False] * 10
    variant = [True] * 80 + [False] * 10 + [True] * 2 + [False] * 8
    lost = loss(source, variant)
    assert (lost.worse, lost.better, lost.top1) == (10, 2, pytest.approx(0.08))
    assert lost.low < 0.08 < lost.high
    assert lost.p == pytest.approx(binomtest(2, 12).pvalue)
    assert loss(source, source).p == 1
    assert loss([True], [True]).high > 0.1  # one sample shows nothing


def test_the_loss_interval_covers_what_it_says() -> None:
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        kind = random.choice(
            4, size=80, p=[0.75, 0.06, 0.02, 0.17]
        )  # both, source only, variant only, neither
        lost = loss((kind <= 1).tolist(), ((kind == 0) | (kind == 2)).tolist())
        covered += lost.low <= 0.04 <= lost.high
    assert covered / 400 > 0.92


def test_top_5_counts_what_is_among_the_first_five() -> None:
    scores = [np.arange(10.0), np.arange(10.0)]
    assert hits(scores, [9, 5]) == [True, False]
    made = measure(scores, [9, 5])
    assert (made.top1, made.top5, made.samples) == (0.5, 1.0, 2)


def test_a_leak_grows_with_each_prediction_and_a_state_does_not() -> None:
    assert leaks([10, 11, 12])
    assert not leaks([10, 12, 12, 12])
    assert not leaks([10, 11])  # two counts are no slope


SOURCE = [[np.array([[0.1, 0.7, 0.2]])], [np.array([[0.5, 0.3, 0.2]])]]


def test_without_labels_the_first_class_must_stay() -> None:
    flipped = [SOURCE[0], [np.array([[0.3, 0.5, 0.2]])]]
    assert guess_task(SOURCE) == "classification"
    assert compare(flipped, SOURCE, "classification").top1 == 0.5
    assert agreement_gate(compare(flipped, SOURCE, "classification"), "classification", Limits()) == [
        "agreement"
    ]
    assert agreement_gate(compare(SOURCE, SOURCE, "classification"), "classification", Limits()) == []


def test_errors_of_regression_are_shares_of_the_sources_size() -> None:
    source = [[np.array([3.0, 4.0])]]
    made = compare([[np.array([3.0, 4.5])]], source, "regression")
    assert made.max_abs == 0.5
    assert made.relative == pytest.approx(0.1)
    assert agreement_gate(made, "regression", Limits()) == ["agreement"]
    assert agreement_gate(made, "regression", Limits(relative_error=0.11)) == []
    assert compare(source, source, "regression").cosine == pytest.approx(1)


def test_detection_compares_the_best_boxes() -> None:
    scores = np.array([[0.2, 0.9]])
    source = [[np.array([[[0.0, 0, 1, 1], [0, 0, 2, 2]]]), scores]]
    moved = [[np.array([[[0.0, 0, 1, 1], [0, 1, 2, 3]]]), scores]]
    assert guess_task(source) == "detection"
    assert compare(source, source, "detection").iou == pytest.approx(1)
    assert compare(moved, source, "detection").iou == pytest.approx(1 / 3)
    with pytest.raises(EvaluateError, match="needs an output of boxes"):
        compare(SOURCE, SOURCE, "detection")


def test_other_shapes_are_no_small_error() -> None:
    with pytest.raises(EvaluateError, match="other shapes"):
        compare([[np.zeros(3)]], [[np.zeros(4)]], "regression")
