"""What becomes of decisions: plans, and the guard rails before a config version."""

import random
import string
from datetime import UTC, datetime

import pytest

from collector.contract.class_plan import ClassPlan, Plans
from collector.contract.config_document import Arm, RaceArm, RacePlan
from collector.contract.device_class import leaf
from collector.contract.variant_quality import VariantQuality
from collector.contract.vocabulary import Backend
from collector.jobs.publish.plan import Place, make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.publish.size import DocumentTooLarge, check_size, largest_document
from collector.jobs.publish.versions import ConfigVersion, encode_plans
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.record import DecisionRecord, Propensity, RaceShare, Reopened
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

SETTINGS = PublishSettings()
TWO = (visits("webgl", 60, 60.0), visits("wasm-simd", 60, 10.0))


def root(*groups: list, **fields: object) -> DecisionRecord:  # type: ignore[type-arg]
    return decide(inputs(*groups, **fields), RecommendSettings())[0]


def test_classes_that_agree_with_their_parent_are_left_out() -> None:
    known = RecommendSettings(explore_untried=False)
    planned = make_plans(decide(inputs(*TWO), known), {}, SETTINGS)
    assert list(planned.plans) == ["*"]
    assert planned.refused == []
    # A leaf class that has arms left to race has a plan for it.
    assert list(make_plans(decide(inputs(*TWO), RecommendSettings()), {}, SETTINGS).plans) == ["*", LINUX.key]


def test_a_class_that_disagrees_gets_a_plan_of_its_own() -> None:
    phone = leaf({"form": "mobile", "os": "ios"})
    own = [visits("webgl", 60, 10.0, device=phone), visits("wasm-simd", 60, 60.0, device=phone)]
    plans = make_plans(decide(inputs(*TWO, *own), RecommendSettings()), {}, SETTINGS).plans
    best = {
        key: max(plan["blazeface"].arms, key=lambda item: item.probability) for key, plan in plans.items()
    }
    assert best["form=mobile,os=ios"].backend == Backend.WEBGL
    assert best.get("form=desktop,os=linux", best["*"]).backend == Backend.WASM_SIMD


def test_probabilities_add_up_and_arms_are_in_a_stable_order() -> None:
    plan = make_plans([root(*TWO, visits("webgpu", 60, 20.0))], {}, SETTINGS).plans["*"]["blazeface"]
    assert sum(item.probability for item in plan.arms) == pytest.approx(1.0, abs=1e-12)
    assert [item.backend for item in plan.arms] == sorted(item.backend for item in plan.arms)


def test_fallbacks_start_with_the_recommended_and_end_on_wasm_and_cpu() -> None:
    plan = make_plans([root(*TWO)], {}, SETTINGS).plans["*"]["blazeface"]
    assert plan.fallbacks == [Backend.WASM_SIMD, Backend.WEBGL, Backend.WASM, Backend.CPU]
    assert plan.guesses == [Backend.WASM, Backend.CPU]


def test_fallbacks_are_in_the_order_of_what_is_believed_to_be_cheaper() -> None:
    """Of few own votes, what the parents lend says more."""
    record = root(*TWO, visits("webgpu", 60, 20.0))
    believed = {Backend.WASM_SIMD: 9.0, Backend.WEBGPU: 70.0, Backend.WEBGL: 40.0}
    arms = [each.model_copy(update={"borrowed_cost_ms": believed.get(each.backend)}) for each in record.arms]
    plan = make_plans([record.model_copy(update={"arms": arms})], {}, SETTINGS).plans["*"]["blazeface"]
    assert plan.fallbacks[:3] == [Backend.WASM_SIMD, Backend.WEBGL, Backend.WEBGPU]


def test_a_backend_that_fails_is_no_fallback() -> None:
    broken = visits("cpu", 60, 300.0, incidents=frozenset({"wrong_output"}))
    plan = make_plans([root(*TWO, broken)], {}, SETTINGS).plans["*"]["blazeface"]
    assert Backend.CPU not in plan.fallbacks


def test_an_arm_without_evidence_is_never_published() -> None:
    record = root(*TWO)
    forged = Propensity(backend=Backend.WEBGL, variant="tiny", probability=0.5, why="candidate")
    planned = make_plans(
        [record.model_copy(update={"propensities": [*record.propensities, forged]})], {}, SETTINGS
    )
    assert "tiny" not in [item.variant for item in planned.plans["*"]["blazeface"].arms]
    assert planned.refused == ["blazeface on *: webgl/tiny has no evidence in its decision record"]


def test_exploration_beyond_its_bound_is_not_published() -> None:
    record = root(visits("webgl", 60, 60.0))
    assert Backend.WEBGPU in record.untried
    greedy = [
        share.model_copy(update={"probability": record.parameters.last_step + 0.01})
        if share.why == "exploration"
        else share
        for share in record.propensities
    ]
    planned = make_plans([record.model_copy(update={"propensities": greedy})], {}, SETTINGS)
    assert [item.backend for item in planned.plans["*"]["blazeface"].arms] == [Backend.WEBGL]
    assert len(planned.refused) == len(greedy) - 1 > 0


@pytest.mark.parametrize(
    ("url", "published"), [("https://cdn.example/f16.json", True), ("javascript:alert(1)", False), ("", True)]
)
def test_a_variants_url_comes_from_the_registry_and_must_be_one(url: str, published: bool) -> None:
    record = root(
        TWO[0], visits(arm("webgl", "float16"), 60, 10.0), variants={"float16": VariantQuality(1.0, None)}
    )
    places = {("blazeface", "float16"): Place(url)} if url else {}
    planned = make_plans([record], places, SETTINGS)
    if not published:
        assert planned.plans == {}
        assert "register it again" in planned.refused[0]
        return
    found = next(item for item in planned.plans["*"]["blazeface"].arms if item.variant == "float16")
    assert found.url == (url or None)


RACED = [("webgl", "float16"), ("webgl", "original"), ("wasm-simd", "original")]
HASH = f"sha256-{'A' * 43}="


@pytest.mark.parametrize(("integrity", "published"), [(HASH, True), (None, True), ("md5-x", False)])
def test_a_variants_hash_comes_from_the_registry_and_must_be_one(
    integrity: str | None, published: bool
) -> None:
    f16 = visits(arm("webgl", "float16"), 60, 10.0)
    record = root(TWO[0], f16, variants={"float16": VariantQuality(1.0, None)})
    race = RaceShare(share=0.1, arms=[(Backend(name), variant) for name, variant in RACED])
    places = {("blazeface", "float16"): Place("/f16.json", integrity)}
    planned = make_plans([record.model_copy(update={"race": race})], places, SETTINGS)
    if not published:
        assert planned.plans == {}
        assert "a hash that is none: register it again" in planned.refused[0]
        return
    plan = planned.plans["*"]["blazeface"]
    expected = {"float16": integrity, "original": None}
    assert {item.variant: item.integrity for item in plan.arms} == expected
    assert plan.race is not None
    assert [item.integrity for item in plan.race.arms] == [integrity, None, None]


def test_a_class_whose_arms_all_fail_is_held_on_its_default() -> None:
    sick = leaf({"form": "mobile", "os": "android"})
    own = [visits(name, 60, 10.0, device=sick, errors=100) for name in ("webgl", "wasm-simd")]
    plans = make_plans(
        decide(
            inputs(*(visits(name, 4000, ms) for name, ms in (("webgl", 60.0), ("wasm-simd", 10.0))), *own),
            RecommendSettings(explore_untried=False),
        ),
        {},
        SETTINGS,
    ).plans
    held = plans["form=mobile,os=android"]["blazeface"]
    assert [(item.backend, item.probability) for item in held.arms] == [(Backend.WEBGL, 1.0)]
    assert LINUX.key not in plans


def test_a_default_that_lacks_sessions_is_published_so_that_others_are_raced_at_once() -> None:
    plans = make_plans(decide(inputs(visits("webgl", 6, 60.0)), RecommendSettings()), {}, SETTINGS).plans
    plan = plans[LINUX.key]["blazeface"]
    assert max(plan.arms, key=lambda each: each.probability).backend == Backend.WEBGL
    assert plan.race is not None
    # Another arm without sessions is not recommended, whatever the record says.
    record = decide(inputs(visits("webgl", 6, 60.0)), RecommendSettings())[-1]
    changed = record.model_copy(update={"default": arm("wasm-simd")})
    assert make_plans([changed], {}, SETTINGS).plans == {}
    # Unless the class was sure of it before a change.
    again = changed.model_copy(update={"reopened": Reopened(changes=[], incumbent=arm("webgl"))})
    assert make_plans([again], {}, SETTINGS).plans[LINUX.key] == plans[LINUX.key]


def version_of(plans: Plans) -> ConfigVersion:
    return ConfigVersion(
        app="demo",
        version=1,
        created_at=datetime(2026, 11, 20, tzinfo=UTC),
        author="job",
        action="publish",
        note="",
        enabled=True,
        sample_rate=1.0,
        plans=plans,
    )


def test_a_document_over_its_size_is_refused_and_says_what_to_do() -> None:
    letters = random.Random(1)

    def plan() -> ClassPlan:
        path = "".join(letters.choices(string.ascii_letters, k=300))
        return ClassPlan(
            arms=[Arm(backend=Backend.WEBGL, url=f"https://cdn.example/{path}", probability=1.0)]
        )

    few = version_of({"*": {"a": plan()}})
    check_size(few, 2048)
    many = version_of(
        {"*": {f"model-{number}": plan() for number in range(20)}, "form=mobile,os=ios": {"b": plan()}}
    )
    assert largest_document(many)[0] == "form=mobile,os=ios"  # its own model, and all of the root's
    with pytest.raises(DocumentTooLarge, match="over the limit of 2048: shorten variant URLs"):
        check_size(many, 2048)


def test_a_race_weighs_a_start_as_the_decision_did() -> None:
    record = decide(inputs(*TWO), RecommendSettings())[-1]
    plan = make_plans([record], {}, SETTINGS).plans[LINUX.key]["blazeface"]
    assert plan.race is not None
    assert plan.race.start_weight == pytest.approx(1 / record.usual_predictions, rel=0.01)


def test_twenty_models_that_race_four_arms_each_fit_and_a_race_counts() -> None:
    draw = random.Random(1)
    backends = ["cpu", "wasm-simd", "wasm-simd-threads", "webgl", "webgpu"]

    def plan(*, raced: bool) -> ClassPlan:
        shares = [draw.randrange(50, 300) / 10_000 for _ in range(3)]
        arms = zip(sorted(draw.sample(backends, 4)), [*shares, 1 - sum(shares)], strict=True)
        racing = [RaceArm(backend=Backend(name)) for name in draw.sample(backends, 4)]
        return ClassPlan(
            arms=[Arm(backend=Backend(name), probability=round(share, 4)) for name, share in arms],
            fallbacks=[Backend(name) for name in draw.sample(backends, 4)],
            race=RacePlan(share=draw.randrange(1, 10_000) / 10_000, arms=racing) if raced else None,
        )

    sizes = []
    for raced in (False, True):
        models = {f"model-{draw.getrandbits(30):x}": plan(raced=raced) for _ in range(20)}
        sizes.append(largest_document(version_of({"form=desktop,os=linux": models}))[1])
    assert sizes[0] + 200 < sizes[1] <= PublishSettings().max_document_bytes


def test_what_a_record_becomes_has_no_race_and_takes_no_room_for_one() -> None:
    record = root(*TWO).model_copy(update={"race": None})
    plan = make_plans([record], {}, SETTINGS).plans["*"]["blazeface"]
    assert plan.race is None
    assert "race" not in encode_plans({"*": {"blazeface": plan}})
