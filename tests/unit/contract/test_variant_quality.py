"""One rule says whether a variant is good enough."""

import csv
from pathlib import Path

import pytest

from collector.contract.variant_quality import BackendVerdict, Limits, VariantQuality, judge, read_verdicts
from collector.contract.vocabulary import Backend

LIMITS = Limits(min_agreement=0.99, max_accuracy_loss=0.01)
WRONG = BackendVerdict(accepted=False, agrees=False, refused_by=("agreement",))
RIGHT = BackendVerdict(accepted=True, agrees=True)


def published(model: str, metric: str) -> dict[str, float]:
    """A row of TensorFlow.js's own table of quantised models (source in the file)."""
    path = Path(__file__).parents[2] / "data" / "variants_tfjs_quantization.csv"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    (row,) = [row for row in csv.DictReader(lines) if (row["model"], row["metric"]) == (model, metric)]
    return {name: float(row[name]) for name in ("float32", "uint16", "uint8")}


@pytest.mark.parametrize("metric", ["top1", "top5"])
def test_of_the_published_mobilenet_uint16_passes_and_uint8_is_refused(metric: str) -> None:
    row = published("MobileNetV2", metric)
    original = VariantQuality(None, row["float32"], metric)
    answers = {
        name: judge(VariantQuality(None, row[name], metric), original, LIMITS) for name in ("uint16", "uint8")
    }
    assert {name: passed for name, (passed, _) in answers.items()} == {"uint16": True, "uint8": False}
    assert "no accuracy lost" in answers["uint16"][1]
    if metric == "top1":
        assert answers["uint8"][1] == (
            "top1 0.28 where the original has 0.618, accuracy lost 0.338 (at least 0.99, at most 0.01)"
        )


@pytest.mark.parametrize(("accuracy", "passed"), [(0.608, True), (0.6079, False)])
def test_a_loss_of_just_the_budget_is_within_it(accuracy: float, passed: bool) -> None:
    original = VariantQuality(None, 0.618, "top1")
    assert judge(VariantQuality(None, accuracy, "top1"), original, LIMITS)[0] is passed


def test_what_an_evaluation_accepted_without_a_figure_passes() -> None:
    """A regression has an error and no share; without labels its evaluation alone judges it."""
    quality = VariantQuality(None, None, accepted=True, backends={Backend.WASM: RIGHT})
    passed, why = judge(quality, None, LIMITS)
    assert (passed, why.startswith("its evaluation accepted it")) == (True, True)


def test_what_an_evaluation_refused_without_a_figure_is_refused_and_was_measured() -> None:
    quality = VariantQuality(None, None, accepted=False, refused_by=("agreement",))
    passed, why = judge(quality, None, LIMITS)
    assert (passed, why.startswith("its evaluation refused it (agreement)")) == (False, True)


@pytest.mark.parametrize(
    ("quality", "original"),
    [
        (None, VariantQuality(None, 0.6, "top1")),
        (VariantQuality(None, None), VariantQuality(None, 0.6, "top1")),
        (VariantQuality(None, 0.6, "top1"), None),
        (VariantQuality(None, 0.6, "top1"), VariantQuality(1.0, None)),
        (VariantQuality(None, 0.6, "top5"), VariantQuality(None, 0.6, "top1")),
    ],
)
def test_what_nobody_measured_or_nothing_compares_with_never_passes(
    quality: VariantQuality | None, original: VariantQuality | None
) -> None:
    assert judge(quality, original, LIMITS) == (
        False,
        "no agreement or accuracy is recorded for the variant",
    )


def test_a_refused_variant_runs_only_where_its_evaluation_accepted_it() -> None:
    backends = {Backend.WEBGL: WRONG, Backend.WASM: RIGHT}
    quality = VariantQuality(1.0, None, accepted=False, refused_by=("agreement",), backends=backends)
    passes = {each: judge(quality, None, LIMITS, backend=each)[0] for each in Backend}
    assert {each for each, passed in passes.items() if passed} == {
        Backend.WASM,
        Backend.WASM_SIMD,
        Backend.WASM_SIMD_THREADS,
    }
    assert judge(quality, None, LIMITS)[0], "somewhere"
    everywhere = VariantQuality(1.0, None, accepted=False, refused_by=("not_finite",))
    assert judge(everywhere, None, LIMITS) == (
        False,
        "agreement 1, its evaluation refused it (not_finite) (at least 0.99, at most 0.01)",
    )


def test_a_kind_of_wasm_has_its_own_verdict_or_that_of_wasm() -> None:
    quality = VariantQuality(1.0, None, backends={Backend.WASM: RIGHT, Backend.WASM_SIMD: WRONG})
    assert quality.on(Backend.WASM_SIMD) == WRONG
    assert quality.on(Backend.WASM_SIMD_THREADS) == RIGHT
    assert quality.on(Backend.WEBGPU) is None
    assert VariantQuality(1.0, None, backends={Backend.WASM_SIMD: WRONG}).on(Backend.WASM) is None


def test_verdicts_of_a_newer_version_are_read_as_far_as_they_are_known() -> None:
    found = read_verdicts('{"webgl":{"accepted":true,"heap":9},"holo":{"accepted":true}}')
    assert found == {Backend.WEBGL: BackendVerdict(accepted=True)}
    assert read_verdicts("") == {}
    assert not BackendVerdict(accepted=True, agrees=False).passed
