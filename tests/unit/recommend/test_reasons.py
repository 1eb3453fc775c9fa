"""The sentence that a person reads: which state, and why."""

import pytest

from collector.contract.device_class import leaf
from collector.jobs.recommend.arms import Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from tests.unit.recommend.visits import LINUX, inputs, visits


def record_of(*groups: list[Visit], device_class: str = "*") -> DecisionRecord:
    decided = decide(inputs(*groups), RecommendSettings())
    return next(record for record in decided if record.device_class == device_class)


def test_insufficient_names_what_each_arm_lacks() -> None:
    record = record_of(
        visits("wasm-simd", 3, 500.0),
        visits("webgl", 40, 50.0, incidents=frozenset({"context_lost"})),
        visits("webgpu", 40, 10.0, errors=50),
    )
    assert record.state == "insufficient"
    assert record.reason == (
        "No arm may be chosen yet, so nothing changes: webgpu fails too often; webgl has too many incidents; "
        "wasm-simd has too few sessions."
    )
    assert "INSUFFICIENT (too little evidence for a choice of its own)" in format_record(record)


@pytest.mark.parametrize(
    ("exploration", "others", "said"),
    [
        (0.05, [visits("webgl", 30, 10.5, spread=0.8)], "traffic is split among 4 arms."),
        (0.0, [visits("webgl", 30, 10.5, spread=0.8)], "traffic is split among 2 arms."),
        (0.05, [], "traffic is split among 4 arms."),
        (0.0, [], "all traffic goes to one arm (`recommend.exploration` is 0)."),
    ],
)
def test_what_is_said_of_the_traffic_is_what_the_plan_does(
    exploration: float, others: list[list[Visit]], said: str
) -> None:
    settings = RecommendSettings(exploration=exploration, holdback=0, min_sessions=4)
    decided = decide(inputs(visits("wasm-simd", 30, 10.0, spread=0.8), *others), settings)
    assert {record.state for record in decided} == {"exploring"}
    for record in decided:
        assert record.reason.endswith(said)
        _, shares = format_record(record).split("share of visitors\n")
        assert len(shares.split("\n\n")[0].splitlines()) == len(record.propensities)


def test_a_class_that_follows_says_whose_choice_it_uses() -> None:
    rare = leaf(dict(LINUX.facts) | {"browser": "firefox"})
    groups = [
        visits("wasm-simd", 60, 10.0, spread=0.1),
        visits("webgl", 60, 40.0, spread=0.1),
        visits("wasm-simd", 6, 10.0, spread=0.1, device=rare),
    ]
    record = record_of(*groups, device_class=rare.key)
    assert record.state == "insufficient"
    assert record.follows is not None
    assert record.reason.startswith("The sessions of this class do not settle by themselves")
    assert f"the choice of {record.follows}" in record.reason
    assert record.reason.endswith("wasm-simd.")
