"""Devices that have what most of their class lack: seen or not, they get the best of what they can run."""

import math
from dataclasses import replace

import pytest

from collector.contract.capability import Capability
from collector.contract.class_plan import ClassPlan, Plans
from collector.contract.config_document import ModelPlan
from collector.contract.device_class import DeviceClass, leaf
from collector.contract.vocabulary import Backend
from collector.jobs.publish.plan import make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.arms import Visit, capable_backends
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from collector.jobs.recommend.trying.able import decide_able
from collector.remote_config.fitting import fit
from collector.remote_config.versions import no_version
from tests.unit.recommend.visits import arm, inputs, visits

POOR = capable_backends(wasm_simd=True, wasm_threads=False, webgl=2, webgpu=False)
RICH = POOR | {Backend.WEBGPU}
NO_WEBGPU = Capability(frozenset({Backend.WEBGPU, Backend.WASM_SIMD_THREADS}))
ALL = Capability(frozenset({Backend.WASM_SIMD_THREADS}))


def kind(gpu: str, system: str = "windows") -> DeviceClass:
    return leaf(
        {"form": "desktop", "os": system, "browser": "chromium", "gpu": gpu, "memory_gb": 8, "cores": 4}
    )


def fleet(webgpu_ms: float = 8.0, rich: int = 3, count: int = 30) -> list[list[Visit]]:
    """Ten kinds of device, some of which have WebGPU; they are 1.5 times as fast as the others."""
    groups: list[list[Visit]] = []
    for number in range(10):
        device, able = kind(f"intel-gen{number}"), number < rich
        quick = 1 / 1.5 if able else 1.0
        fields = {"device": device, "capable": RICH if able else POOR}
        groups.append(visits("webgl", count, 60.0 * quick, **fields))
        groups.append(visits("wasm-simd", count, 30.0 * quick, **fields))
        if able:
            groups.append(visits("webgpu", count, webgpu_ms * quick, **fields))
    return groups


def decided(*groups: list[Visit]) -> list[DecisionRecord]:
    return decide(inputs(*groups), RecommendSettings(explore_untried=False))


def plans_of(records: list[DecisionRecord]) -> Plans:
    planned = make_plans(records, {}, PublishSettings())
    assert planned.refused == []
    return planned.plans


def stored(plans: Plans, device: DeviceClass) -> ClassPlan:
    return replace(no_version("demo"), plans=plans).models(device)["blazeface"]


def served(plans: Plans, device: DeviceClass, can: Capability | None) -> ModelPlan:
    """What a page is given."""
    plan = fit(stored(plans, device), can)
    assert plan is not None
    return plan


def first(plan: ModelPlan) -> Backend:
    return max(plan.arms, key=lambda each: each.probability).backend


@pytest.fixture(scope="module")
def records() -> list[DecisionRecord]:
    return decided(*fleet())


@pytest.fixture(scope="module")
def plans(records: list[DecisionRecord]) -> Plans:
    return plans_of(records)


@pytest.mark.parametrize("device", [kind("nvidia-rtx30"), kind("apple", "macos")])
def test_a_device_of_a_kind_never_seen_gets_the_best_arm_that_it_can_run(
    plans: Plans, device: DeviceClass
) -> None:
    assert first(served(plans, device, ALL)) == Backend.WEBGPU
    assert served(plans, device, ALL).fallbacks[:3] == [Backend.WEBGPU, Backend.WASM_SIMD, Backend.WEBGL]
    for can in (NO_WEBGPU, None):
        assert first(served(plans, device, can)) == Backend.WASM_SIMD
        assert Backend.WEBGPU not in {each.backend for each in served(plans, device, can).arms}


def test_where_nearly_all_have_it_those_that_lack_it_get_the_next_best() -> None:
    plans = plans_of(decided(*fleet(rich=9)))
    unseen = kind("nvidia-rtx30")
    assert first(served(plans, unseen, None)) == Backend.WEBGPU
    assert first(served(plans, unseen, NO_WEBGPU)) == Backend.WASM_SIMD


def test_the_engines_default_may_be_what_most_devices_lack() -> None:
    """Nothing costs less than what those run that have it. The others' next best is no worse for that."""
    given = inputs(*fleet(rich=6), default="webgpu")
    records = decide(given, RecommendSettings(explore_untried=False))
    assert (records[0].state, records[0].default) == ("insufficient", arm("webgpu"))
    plans, unseen = plans_of(records), kind("nvidia-rtx30", "linux")
    assert first(served(plans, unseen, ALL)) == Backend.WEBGPU
    assert first(served(plans, unseen, NO_WEBGPU)) == Backend.WASM_SIMD
    # It may have WebGPU: its page does what it would do by itself.
    assert fit(stored(plans, unseen), None) is None


def test_a_class_has_no_second_plan_where_the_rare_backend_costs_more() -> None:
    records = decided(*fleet(webgpu_ms=50.0))
    assert all(record.able is None for record in records)
    assert all(plan.able is None for models in plans_of(records).values() for plan in models.values())


def test_a_rare_backend_that_fails_is_in_no_second_plan() -> None:
    broken = frozenset({"wrong_output"})
    groups = [
        [replace(each, incidents=broken) if each.arm == arm("webgpu") else each for each in group]
        for group in fleet()
    ]
    assert all(record.able is None for record in decided(*groups))


def test_the_second_plan_is_told_to_people(records: list[DecisionRecord]) -> None:
    root = records[0]
    assert root.recommended == arm("wasm-simd")
    assert root.able is not None
    assert root.able.recommended == arm("webgpu")
    assert math.isclose(sum(each.probability for each in root.able.propensities), 1.0)
    assert "whose device has webgpu, as in 39% of the sessions here (webgpu is" in format_record(root)


def test_a_record_of_an_older_build_has_none(records: list[DecisionRecord]) -> None:
    told = records[0].model_dump(mode="json")
    told.pop("able")
    for each in told["arms"]:
        for gate in each["gates"]:
            gate.pop("rare")
    assert DecisionRecord.model_validate(told).able is None


def test_a_class_that_recommends_what_most_lack_has_no_second_plan_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a class that follows the one above in what is its engine's own pick."""
    asked: list[tuple[ClassEvidence, Votes]] = []

    def ask(evidence: ClassEvidence, _: object, votes: Votes, *__: object) -> None:
        asked.append((evidence, votes))

    monkeypatch.setattr("collector.jobs.recommend.decide.decide_able", ask)
    decided(*fleet())
    evidence, votes = next(each for each in asked if each[0].rare() == [arm("webgpu")])
    evidence = replace(evidence, default=arm("webgpu"))
    assert decide_able(evidence, arm("webgpu"), votes, 10, RecommendSettings()) is None
