"""A variant that is registered and good enough gets its first sessions, and is chosen for what they show."""

from typing import Any

import pytest

from collector.contract.variant_quality import BackendVerdict, VariantQuality
from collector.contract.vocabulary import Backend
from collector.jobs.publish.plan import Place, make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.record import ArmEvidence, DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

RAN = [
    visits("webgl", 200, 60.0, start_ms=3000.0, predictions=20),
    visits("wasm-simd", 200, 20.0, start_ms=2500.0, predictions=20),
]
GOOD = VariantQuality(agreement=1.0, accuracy=None)
WRONG = BackendVerdict(accepted=False, agrees=False)
BAD = VariantQuality(agreement=0.3, accuracy=None)
SIZES = {"original": 2e6, "float16": 1e6, "uint8": 5e5, "pruned": 1.9e6}


def at_leaf(
    *groups: Any,
    variants: dict[str, VariantQuality],
    settings: RecommendSettings | None = None,
    **fields: Any,
) -> DecisionRecord:
    told = {"sizes": SIZES, "placed": frozenset(variants)} | fields
    records = decide(inputs(*groups, variants=variants, **told), settings or RecommendSettings())
    return next(record for record in records if record.device_class == LINUX.key)


def of(record: DecisionRecord, variant: str) -> list[ArmEvidence]:
    return [each for each in record.arms if each.variant == variant]


def given(record: DecisionRecord) -> set[tuple[str, str]]:
    shares = {(each.backend, each.variant) for each in record.propensities}
    return shares | (set(record.race.arms) if record.race else set())


def test_it_is_tried_on_the_best_backend_and_not_chosen_before_it_ran() -> None:
    record = at_leaf(*RAN, variants={"float16": GOOD})
    (found,) = of(record, "float16")
    assert (found.backend, found.sessions, found.predicted, found.passed) == ("wasm-simd", 0, True, False)
    assert record.recommended == ("wasm-simd", "original")
    assert ("wasm-simd", "float16") in given(record)
    assert all(
        share.why == "exploration" and share.probability <= record.parameters.first_step
        for share in record.propensities
        if share.variant == "float16"
    )
    original = next(each for each in record.arms if (each.backend, each.variant) == record.recommended)
    saved = 1e6 / 1250 / record.usual_predictions
    assert found.borrowed_cost_ms == pytest.approx((original.borrowed_cost_ms or 0) - saved, rel=0.01)
    places = {("blazeface", "float16"): Place("/float16/model.json")}
    plans = make_plans([record], places, PublishSettings())
    assert plans.refused == []
    plan = plans.plans[LINUX.key]["blazeface"]
    ways = [*plan.arms, *(plan.race.arms if plan.race else [])]
    assert "/float16/model.json" in {each.url for each in ways}


def test_what_saves_most_bytes_is_expected_to_cost_least() -> None:
    names = ("float16", "uint8", "pruned")
    record = at_leaf(*RAN, variants=dict.fromkeys(names, GOOD))
    costs = {name: of(record, name)[0].borrowed_cost_ms or 0.0 for name in ("uint8", "float16")}
    assert costs["uint8"] < costs["float16"]
    assert of(record, "pruned") == [], "it saves hardly a byte: it comes when these two were run"
    many = {f"v{number}": GOOD for number in range(9)}
    sizes = {"original": 2e6} | {name: 1e6 + 1e5 * place for place, name in enumerate(many)}
    several = at_leaf(*RAN, variants=many, sizes=sizes)
    assert sorted(each.variant for each in several.arms if each.predicted) == ["v0", "v1"]


@pytest.mark.parametrize(
    ("quality", "fields"),
    [
        (BAD, {}),
        (VariantQuality(agreement=None, accuracy=None), {}),
        (VariantQuality(1.0, None, backends={Backend.WASM_SIMD: WRONG}), {}),
        (GOOD, {"placed": frozenset[str]()}),
        (GOOD, {"settings": RecommendSettings(explore_untried=False)}),
    ],
    ids=["loses too much", "not measured", "wrong on this backend", "no URL", "nothing is tried"],
)
def test_what_may_not_run_is_not_tried(quality: VariantQuality, fields: dict[str, Any]) -> None:
    record = at_leaf(*RAN, variants={"float16": quality}, **fields)
    assert of(record, "float16") == []
    assert "float16" not in {variant for _, variant in given(record)}


def test_a_leak_that_the_default_has_as_well_speaks_against_none() -> None:
    leaking = {Backend.WASM_SIMD: ["f1"], Backend.WEBGL: ["f2"]}
    record = at_leaf(*RAN, variants={"float16": GOOD}, leaking=leaking)
    assert ("wasm-simd", "float16") in given(record)
    only = at_leaf(*RAN, variants={"float16": GOOD}, leaking={Backend.WASM_SIMD: ["f1"]})
    assert [each.backend for each in of(only, "float16")] == ["webgl"]


def test_without_sizes_it_is_tried_all_the_same() -> None:
    record = at_leaf(*RAN, variants={"float16": GOOD}, sizes={})
    (found,) = of(record, "float16")
    assert found.borrowed_cost_ms is None
    assert ("wasm-simd", "float16") in given(record)
    assert record.download is not None
    assert not record.download.measured


def test_once_it_ran_its_own_sessions_decide() -> None:
    ran = visits(arm("wasm-simd", "float16"), 200, 20.0, start_ms=1500.0, predictions=20)
    record = at_leaf(*RAN, ran, variants={"float16": GOOD})
    assert record.recommended == ("wasm-simd", "float16")
    assert not any(each.predicted for each in record.arms)
    slow = visits(arm("wasm-simd", "float16"), 200, 90.0, start_ms=1500.0, predictions=20)
    assert at_leaf(*RAN, slow, variants={"float16": GOOD}).recommended == ("wasm-simd", "original")


def test_a_class_does_not_commit_for_want_of_the_rival_that_it_has_not_tried() -> None:
    alone = [visits("wasm-simd", 200, 20.0, start_ms=2500.0, predictions=20)]
    settings = RecommendSettings()
    fields = {"settings": settings, "default": "wasm-simd"}
    new = at_leaf(*alone, variants={"float16": GOOD}, **fields)
    assert new.state == "exploring"


def test_the_same_inputs_give_the_same_record() -> None:
    variants = {"float16": GOOD, "uint8": BAD}
    assert at_leaf(*RAN, variants=variants).to_json() == at_leaf(*RAN, variants=variants).to_json()


def test_the_record_tells_of_each_variant_what_became_of_it() -> None:
    variants = {"float16": GOOD, "uint8": BAD, "pruned": GOOD}
    placed = frozenset({"float16", "uint8"})
    record = at_leaf(*RAN, variants=variants, placed=placed, compressed={"uint8": 400_000})
    found = {each.variant: each for each in record.variants}
    assert [each.variant for each in record.variants] == ["original", "pruned", "float16", "uint8"]
    assert {name: each.verdict for name, each in found.items()} == {
        "original": "chosen",
        "float16": "unproven",
        "pruned": "unproven",
        "uint8": "refused",
    }
    assert found["original"].ready_ms == pytest.approx(20.0, rel=0.1)
    assert found["uint8"].why == "accuracy: agreement 0.3 (at least 0.99, at most 0.01)"
    assert (found["uint8"].bytes, found["uint8"].brotli_bytes) == (5e5, 400_000)
    assert found["pruned"].why == "no session has run it, and no URL is registered for it"
    assert at_leaf(*RAN, variants={}).variants == [], "one variant is no trade-off"
    assert "float16" in format_record(record)


def test_a_page_is_never_asked_to_race_two_kinds_of_wasm() -> None:
    """A page starts one kind of wasm in its life: a variant on the other could not run beside it."""
    record = at_leaf(visits("wasm-simd", 30, 20.0), default="wasm-simd", variants={"float16": GOOD})
    assert [each.backend for each in of(record, "float16")] == ["wasm-simd"]
    assert record.race is not None
    assert len({backend for backend, _ in record.race.arms if backend.startswith("wasm")}) == 1


def test_other_backends_race_before_other_variants() -> None:
    able = frozenset({Backend.WEBGPU, Backend.WASM_SIMD})
    ran = visits("wasm-simd", 30, 20.0, capable=able)
    record = at_leaf(ran, default="wasm-simd", variants={"float16": GOOD, "uint8": GOOD})
    assert record.race is not None
    assert [variant for _, variant in record.race.arms[:2]] == ["original", "original"]
    assert {variant for _, variant in record.race.arms[2:]} == {"float16", "uint8"}
