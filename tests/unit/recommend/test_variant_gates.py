"""What an evaluation and a model's budget say of a variant refuses arms, however fast they are."""

from collector.contract.variant_quality import BackendVerdict, VariantQuality
from collector.contract.vocabulary import Backend
from collector.jobs.publish.plan import Place, make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

SETTINGS = RecommendSettings()
WRONG = BackendVerdict(accepted=False, agrees=False, refused_by=("agreement",))
RIGHT = BackendVerdict(accepted=True, agrees=True)
ORIGINALS = [visits("webgl", 200, 60.0), visits("wasm-simd", 200, 50.0)]
SMALL = [visits(arm("webgl", "uint8"), 200, 5.0), visits(arm("wasm-simd", "uint8"), 200, 20.0)]


def at_leaf(given: ModelInputs) -> DecisionRecord:
    return next(item for item in decide(given, SETTINGS) if item.device_class == LINUX.key)


def failed(record: DecisionRecord, backend: str, variant: str) -> list[str]:
    (found,) = [each for each in record.arms if (each.backend, each.variant) == (backend, variant)]
    return [gate.gate for gate in found.gates if not gate.passed]


def test_a_fast_backend_that_computes_something_else_is_refused_there_and_the_others_run() -> None:
    uint8 = VariantQuality(0.999, None, backends={Backend.WEBGL: WRONG, Backend.WASM_SIMD: RIGHT})
    record = at_leaf(inputs(*ORIGINALS, *SMALL, variants={"uint8": uint8}))
    assert failed(record, "webgl", "uint8") == ["agreement"]
    assert record.recommended == (Backend.WASM_SIMD, "uint8")
    shares = {(each.backend, each.variant) for each in record.propensities}
    raced = set(record.race.arms) if record.race else set()
    assert (Backend.WEBGL, "uint8") not in shares | raced
    text = format_record(record)
    assert "webgl with uint8: agreement: the evaluation of uint8 on webgl: refused (agreement; other" in text
    plans = make_plans([record], {("blazeface", "uint8"): Place("/uint8.json")}, PublishSettings())
    plan = plans.plans[LINUX.key]["blazeface"]
    assert (Backend.WEBGL, "uint8") not in {(each.backend, each.variant) for each in plan.arms}
    assert Backend.WEBGL in plan.fallbacks, "the original is right there"


def test_a_backend_on_which_the_original_itself_is_wrong_is_left_and_not_tried() -> None:
    original = VariantQuality(None, None, backends={Backend.WEBGL: WRONG, Backend.WEBGPU: WRONG})
    record = at_leaf(inputs(*ORIGINALS, variants={"original": original}))
    assert failed(record, "webgl", "original") == ["agreement"]
    assert record.recommended == (Backend.WASM_SIMD, "original")
    assert Backend.WEBGPU not in record.untried
    assert Backend.WEBGPU in at_leaf(inputs(*ORIGINALS)).untried, "it is tried otherwise"
    plan = make_plans([record], {}, PublishSettings()).plans[LINUX.key]["blazeface"]
    assert {Backend.WEBGL, Backend.WEBGPU}.isdisjoint(plan.fallbacks)


def test_a_model_s_budget_takes_the_place_of_the_setting_and_is_in_the_record() -> None:
    variants = {"original": VariantQuality(None, 0.9, "top1"), "uint8": VariantQuality(None, 0.87, "top1")}
    tight = at_leaf(inputs(*ORIGINALS, *SMALL, variants=variants))
    assert failed(tight, "webgl", "uint8") == ["accuracy"]
    assert tight.parameters == SETTINGS
    wide = at_leaf(inputs(*ORIGINALS, *SMALL, variants=variants, max_accuracy_loss=0.03))
    assert wide.recommended == (Backend.WEBGL, "uint8")
    assert wide.parameters.max_accuracy_loss == 0.03


def test_what_is_registered_by_sql_alone_is_told_as_ever() -> None:
    variants = {"original": VariantQuality(None, 0.9), "uint8": VariantQuality(0.995, 0.87)}
    record = at_leaf(inputs(*ORIGINALS, *SMALL, variants=variants))
    (found,) = [each for each in record.arms if (each.backend, each.variant) == ("webgl", "uint8")]
    assert [gate.gate for gate in found.gates] == [
        "data",
        "capability",
        "errors",
        "incidents",
        "killed",
        "leak",
        "accuracy",
    ]
    assert found.gates[-1].detail == "agreement 0.995, accuracy lost 0.03 (at least 0.99, at most 0.01)"


def test_a_removed_variant_or_one_with_a_bad_url_is_in_no_plan_and_no_race() -> None:
    uint8 = VariantQuality(1.0, None)
    alike = [visits(arm("webgl", "uint8"), 40, 50.0), visits("wasm-simd", 40, 50.0)]
    record = at_leaf(inputs(visits("webgl", 40, 50.0), *alike, variants={"uint8": uint8}))
    assert any(each.variant == "uint8" for each in record.propensities)
    assert record.race is not None
    assert (Backend.WEBGL, "uint8") in record.race.arms
    for place, why in ((None, "was removed from the registry"), (Place("uint8.json"), "a page cannot load")):
        planned = make_plans([record], {("blazeface", "uint8"): place}, PublishSettings())
        plan = planned.plans.get(LINUX.key, {}).get("blazeface")
        assert any(why in line for line in planned.refused)
        if plan is not None:
            raced = plan.race.arms if plan.race is not None else []
            assert "uint8" not in {each.variant for each in (*plan.arms, *raced)}
