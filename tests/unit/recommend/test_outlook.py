"""``explain`` says what is still to be learnt, how long that takes and what it costs."""

import re
from dataclasses import replace

from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from collector.jobs.recommend.telling.outlook import describe_outlook
from tests.unit.recommend.visits import LINUX, inputs, visits


def at_leaf(given: ModelInputs, **settings: float) -> DecisionRecord:
    records = decide(given, RecommendSettings.model_validate(settings))
    return next(item for item in records if item.device_class == LINUX.key)


def test_an_arm_without_sessions_is_given_days_by_its_share() -> None:
    record = at_leaf(replace(inputs(visits("webgl", 400, 60.0)), days=4), race_share=0)
    lines = describe_outlook(record)
    share = next(each for each in record.propensities if each.why == "exploration")
    days = 20 / (100 * share.probability)
    line = next(line for line in lines if line.startswith(f"{share.backend.value} "))
    assert "has 0 of 20 sessions" in line
    told = re.search(r"about ([\d.]+) days? more", line)
    assert told is not None
    assert abs(float(told[1]) - days) <= 0.5 + 0.05 * days


def test_arms_too_near_to_tell_apart_are_given_sessions() -> None:
    near = [visits("webgl", 60, 11.0, spread=0.6), visits("wasm-simd", 60, 10.0, spread=0.6)]
    record = at_leaf(inputs(*near), explore_untried=False)
    assert record.state == "exploring"
    assert any("more sessions to be told apart" in line for line in describe_outlook(record))
    assert "what is still to be learnt" in format_record(record)


def test_races_are_told_with_their_number_a_day() -> None:
    record = at_leaf(replace(inputs(visits("webgl", 400, 60.0)), days=4))
    assert record.race is not None
    first = describe_outlook(record)[0]
    assert "of visitors race webgl" in first
    assert "8 races of two arms may decide" in first


def test_a_class_that_tries_nothing_has_nothing_to_learn() -> None:
    record = at_leaf(inputs(visits("webgl", 30, 60.0, errors=50)), explore_untried=False)
    assert record.state == "insufficient"
    assert describe_outlook(record) == []
    assert "what is still to be learnt" not in format_record(record)
