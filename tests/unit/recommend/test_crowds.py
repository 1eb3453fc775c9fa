"""Whoever makes sessions up cannot win by crowding an arm that a plan gave little."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.published import Published, published, read_version
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import EVERYTHING, LINUX, arm, inputs, visits

SETTINGS = RecommendSettings()
TODAY = date(2026, 11, 20)
FORGED = visits("webgpu", 20, 0.001, spread=0.0)
HONEST = visits("webgl", 1000, 13.0)


def plans(shares: dict[str, float], *, key: str = "*", race: float = 0.0, raced: str = "webgpu") -> str:
    """The JSON of a version with one model."""
    arms = [{"backend": name, "variant": "original", "probability": share} for name, share in shares.items()]
    fight = [{"backend": name, "variant": "original"} for name in (raced, "webgl")]
    plan = {
        "arms": arms,
        "fallbacks": ["wasm", "cpu"],
        "race": {"share": race, "arms": fight} if race else None,
    }
    return json.dumps({key: {"blazeface": plan}})


def under(*versions: str) -> Published:
    """Every session came under these plans, the last of which is of today."""
    told = [read_version(TODAY - timedelta(days=n), each) for n, each in enumerate(reversed(versions))]
    return published(told[::-1], "blazeface", {TODAY: 100})


def at_leaf(given: ModelInputs) -> DecisionRecord:
    return next(record for record in decide(given, SETTINGS) if record.device_class == LINUX.key)


def judged(record: DecisionRecord, backend: str) -> bool:
    """Whether an arm has sessions that are believed."""
    found = next(each for each in record.arms if each.backend == backend)
    return next(gate.passed for gate in found.gates if gate.gate == "data")


def test_twenty_made_up_sessions_do_not_take_a_fleet_that_has_no_plan() -> None:
    record = at_leaf(inputs(HONEST, FORGED))
    assert record.recommended == arm("webgl")
    assert not judged(record, "webgpu")
    shares = {each.backend: each.probability for each in record.propensities}
    # It may be that fast: enough visitors are given it to find out.
    assert 0.01 < shares["webgpu"] < 0.06


def test_a_tenth_of_all_sessions_on_one_rare_arm_do_not_take_a_fleet_that_has_a_plan() -> None:
    given = inputs(HONEST, visits("webgpu", 10, 20.0), visits("webgpu", 100, 0.001, spread=0.0))
    record = at_leaf(replace(given, published=under(plans({"webgl": 0.99, "webgpu": 0.01}))))
    assert record.recommended == arm("webgl")
    assert not judged(record, "webgpu")


def test_what_a_plan_gave_is_believed_however_little_it_is() -> None:
    given = inputs(HONEST, visits("wasm-simd", 30, 4.0))
    record = at_leaf(replace(given, published=under(plans({"webgl": 0.97, "wasm-simd": 0.03}))))
    assert record.state == "committed"
    assert record.recommended == arm("wasm-simd")


def test_so_is_what_races_may_have_chosen() -> None:
    given = inputs(HONEST, visits("webgpu", 300, 4.0))
    without = replace(given, published=under(plans({"webgl": 1.0})))
    with_races = replace(given, published=under(plans({"webgl": 1.0}, race=0.5)))
    assert not judged(at_leaf(without), "webgpu")
    assert judged(at_leaf(with_races), "webgpu")


def test_so_is_what_fell_back_where_an_arm_did_not_start() -> None:
    failed = visits("webgpu", 300, 4.0, incidents=frozenset({"not_started"}))
    given = inputs(HONEST, failed, visits("wasm", 300, 30.0))
    shares = {"webgl": 0.7, "webgpu": 0.3}
    assert judged(at_leaf(replace(given, published=under(plans(shares)))), "wasm")


def test_so_is_what_took_the_place_of_an_arm_that_the_device_lacks() -> None:
    """No page that lacks WebGPU starts it, so no session says that it failed."""
    poor = frozenset({Backend.WASM, Backend.WEBGL})
    shares = {"webgl": 0.7, "webgpu": 0.3}

    def wasm_is_judged(capable: frozenset[Backend]) -> bool:
        given = inputs(
            visits("webgl", 700, 13.0, capable=capable), HONEST, visits("wasm", 300, 30.0, capable=capable)
        )
        return judged(at_leaf(replace(given, published=under(plans(shares)))), "wasm")

    assert wasm_is_judged(poor)
    assert not wasm_is_judged(EVERYTHING)


def test_so_is_what_a_plan_gave_those_that_have_a_rarer_backend() -> None:
    told = json.loads(plans({"webgl": 1.0}))
    told["*"]["blazeface"]["able"] = json.loads(plans({"webgl": 0.1, "webgpu": 0.9}))["*"]["blazeface"]
    given = published([read_version(TODAY, json.dumps(told))], "blazeface", {TODAY: 1})
    assert given.share(LINUX, arm("webgpu")).installs == pytest.approx(0.9)
    assert given.share(LINUX, arm("webgl")).installs == pytest.approx(1.0)


def test_the_default_is_always_believed() -> None:
    given = inputs(visits("webgl", 200, 13.0), visits("wasm-simd", 1000, 4.0))
    record = at_leaf(replace(given, published=under(plans({"wasm-simd": 1.0}))))
    assert judged(record, "webgl")


def test_pages_that_choose_for_themselves_are_believed_where_no_plan_was() -> None:
    record = at_leaf(inputs(HONEST, visits("wasm-simd", 300, 4.0)))
    assert record.recommended == arm("wasm-simd")


def test_a_plan_counts_for_the_sessions_of_its_days() -> None:
    """Yesterday a tenth of the sessions came, and the arm had half of them; today it has a hundredth."""
    told = [
        read_version(TODAY - timedelta(days=1), plans({"webgl": 0.5, "webgpu": 0.5})),
        read_version(TODAY, plans({"webgl": 0.99, "webgpu": 0.01})),
    ]
    days = {TODAY - timedelta(days=2): 100, TODAY - timedelta(days=1): 100, TODAY: 800}
    share = published(told, "blazeface", days).share(LINUX, arm("webgpu"))
    # Of today's sessions some may have come before the newer plan.
    assert share.installs == pytest.approx(0.1 * 0.5 + 0.8 * 0.5)
    assert share.unplanned == pytest.approx(0.1)
    later = published(told, "blazeface", {TODAY + timedelta(days=1): 1000}).share(LINUX, arm("webgpu"))
    assert later.installs == pytest.approx(0.01)


def test_the_nearest_class_with_a_plan_says_what_an_arm_was_given() -> None:
    told = json.loads(plans({"webgl": 1.0})) | json.loads(
        plans({"webgl": 0.4, "webgpu": 0.6}, key="form=desktop,os=linux")
    )
    given = published([read_version(TODAY, json.dumps(told))], "blazeface", {TODAY: 1})
    assert given.share(LINUX, arm("webgpu")).installs == pytest.approx(0.6)
    assert given.share(LINUX, ArmKey(arm("wasm").backend, "original")).falls_back
    assert published([], "blazeface", {TODAY: 1}).share(LINUX, arm("webgl")).unplanned == 1
