"""An app's objective decides which arm is best: in sessions, in races, and in what a page's race is told."""

import json
import math
from datetime import date
from typing import Any

import numpy as np
import pytest

from collector.contract.objective import PRESETS, Objective
from collector.contract.variant_quality import VariantQuality
from collector.contract.vocabulary import RaceOutcome
from collector.jobs.publish import PublishSettings
from collector.jobs.publish.plan import make_plans
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.costs import Costs, frame_times
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.inputs import Race, RacedArm
from collector.jobs.recommend.reading.incumbents import read_incumbents
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from tests.unit.recommend.visits import EVERYTHING, LINUX, arm, inputs, visits

SETTINGS = RecommendSettings()
WASM, WEBGL, WEBGPU = arm("wasm-simd"), arm("webgl"), arm("webgpu")
SMALL, ORIGINAL = arm("webgl", "float16"), arm("webgl")
ALIKE = VariantQuality(agreement=1.0, accuracy=None)


def at_leaf(objective: str | None, *groups: Any, **fields: Any) -> DecisionRecord:
    records = decide(inputs(*groups, **fields), SETTINGS.for_objective(objective))
    return next(record for record in records if record.device_class == LINUX.key)


def trade(predictions: int = 20) -> list[Any]:
    """wasm starts at once and is slower afterwards; webgpu is the other way round."""
    return [
        visits(WASM, 60, 25.0, spread=0.15, start_ms=300.0, predictions=predictions),
        visits(WEBGPU, 60, 8.0, spread=0.15, start_ms=2500.0, predictions=predictions),
    ]


def cost(objective: str, ready: float, start: float, predictions: float) -> float:
    """Written anew, from the page of the documentation."""
    aim = Objective.of(objective)
    frame = 1000 / aim.fps
    return (
        aim.ready * ready
        + aim.frame_rate * frame * max(1, math.ceil(ready / (1.02 * frame)))
        + aim.first_result * start / predictions
    )


@pytest.mark.parametrize(
    ("objective", "best"),
    [
        ("ready=1", WEBGPU),
        ("one-shot", WASM),
        ("balanced", WASM),
        ("loop,fps=30", WASM),  # both keep up with 30 frames a second: the start decides
        ("loop,fps=60,first_result=0", WEBGPU),  # 25 ms miss every other frame of 16.7
    ],
)
def test_the_same_telemetry_gives_each_objective_its_own_best_arm(objective: str, best: ArmKey) -> None:
    record = at_leaf(objective, *trade())
    assert record.state == "committed"
    assert record.recommended == best
    times = {WASM: (25.0, 300.0), WEBGPU: (8.0, 2500.0)}
    costs = {key: cost(objective, *of, predictions=20) for key, of in times.items()}
    assert min(costs, key=lambda key: costs[key]) == best
    told = {ArmKey(item.backend, item.variant): item.cost_ms for item in record.arms}
    assert told == pytest.approx(costs, rel=0.1)


def test_how_long_sessions_are_decides_what_a_start_weighs() -> None:
    assert at_leaf("balanced", *trade(predictions=20)).recommended == WASM
    assert at_leaf("balanced", *trade(predictions=2000)).recommended == WEBGPU


def test_without_an_objective_arms_are_chosen_as_the_settings_say() -> None:
    plain, balanced = at_leaf(None, *trade()), at_leaf("balanced", *trade())
    assert plain.recommended == balanced.recommended == WASM
    same = {"parameters": SETTINGS}
    assert plain == balanced.model_copy(update=same)
    fast = RecommendSettings(startup_weight=0.0)
    (record, *_) = decide(inputs(*trade()), fast)
    assert record.recommended == WEBGPU


def test_arms_that_keep_up_are_equal_and_one_that_does_not_is_worse_by_whole_frames() -> None:
    ready = np.array([1e-3, 5.0, 16.0, 16.9, 17.5, 33.0, 40.0])
    assert frame_times(ready, 60.0) * 60 / 1000 == pytest.approx([1, 1, 1, 1, 2, 2, 3])
    slow, fast = (visits(key, 60, ms, spread=0.1) for key, ms in ((WASM, 12.0), (WEBGL, 4.0)))
    record = at_leaf("frame_rate=1,fps=60", slow, fast)
    chances = {item.backend: item.best_probability for item in record.arms}
    assert record.state == "exploring", "neither is better than the other"
    assert chances[WASM.backend] == pytest.approx(0.5, abs=0.05)
    assert at_leaf("ready=1", slow, fast).recommended == WEBGL


@pytest.mark.parametrize("lie", [1e-3, 3.6e6])
@pytest.mark.parametrize("objective", ["loop,fps=60,first_result=0", "one-shot", "balanced"])
def test_a_tenth_of_lying_sessions_changes_no_choice(objective: str, lie: float) -> None:
    honest = at_leaf(objective, *trade())
    liars = [visits(key, 6, lie, start_ms=lie, predictions=20, seed=9) for key in (WASM, WEBGPU)]
    changed = at_leaf(objective, *trade(), *liars)
    assert changed.recommended == honest.recommended


def test_a_smaller_variant_wins_where_bytes_weigh() -> None:
    same = [visits(key, 60, 10.0, spread=0.15, start_ms=500.0, predictions=20) for key in (SMALL, ORIGINAL)]
    fields: dict[str, Any] = {"variants": {"float16": ALIKE}}
    record = at_leaf("small-download", *same, **fields, sizes={"original": 5e6, "float16": 2.5e6})
    assert (record.state, record.recommended) == ("committed", SMALL)
    assert {item.variant: item.bytes for item in record.arms} == {"original": 5e6, "float16": 2.5e6}
    told = format_record(record)
    assert "1 x download / 20 predictions" in told
    assert "download = bytes at 10 Mbit/s (assumed: no browser told how long a download took)" in told
    unknown = at_leaf("small-download", *same, **fields)
    assert unknown.state == "exploring"
    assert "no variant's size is known, so that bytes weigh nothing" in format_record(unknown)


def test_a_variant_of_unknown_size_does_not_win_by_it() -> None:
    costs = Costs(Objective.of("bytes=1"), {"original": 5e6, "uint8": 1e6})
    arms = [arm("webgl"), arm("webgl", "uint8"), arm("webgl", "unheard-of")]
    place = np.arange(3)
    ones = np.ones(3)
    assert np.exp(costs.log(ones, ones, place, arms, Habits(10.0))) == pytest.approx([400.0, 80.0, 400.0])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 100.0])
def test_only_the_ratio_of_weights_counts(scale: float) -> None:
    base, scaled = Costs(Objective(1.0, 0.0, 1.0)), Costs(Objective(scale, 0.0, scale))
    ready, start = np.array([1e-3, 10.0, 3.6e6]), np.array([0.0, 500.0, 3.6e6])
    place, arms = np.zeros(3, dtype=np.int64), [WEBGL]
    gap = scaled.log(ready, start, place, arms, Habits(5.0)) - base.log(
        ready, start, place, arms, Habits(5.0)
    )
    assert gap == pytest.approx([math.log(scale)] * 3)


def test_a_session_without_a_load_report_says_nothing_where_only_the_start_weighs() -> None:
    told = visits(WASM, 30, 10.0, start_ms=300.0, predictions=20)
    untold = visits(WASM, 40, 10.0, start_ms=None, predictions=20, seed=1)
    others = visits(WEBGL, 30, 10.0, start_ms=900.0, predictions=20)
    votes = {
        objective: {item.backend: item.votes for item in at_leaf(objective, told, untold, others).arms}
        for objective in ("one-shot", "balanced")
    }
    assert votes["one-shot"] == {"wasm-simd": 30, "webgl": 30}
    assert votes["balanced"] == {"wasm-simd": 70, "webgl": 30}


def raced(times: dict[ArmKey, tuple[float, float | None]], count: int) -> list[Race]:
    random = np.random.default_rng(count)
    return [
        Race(
            device=LINUX,
            arms={
                key: RacedArm(
                    RaceOutcome.MEASURED,
                    ready_ms=float(ready * random.lognormal(0, 0.05)),
                    start_ms=None if start is None else float(start * random.lognormal(0, 0.05)),
                )
                for key, (ready, start) in times.items()
            },
            session=str(index),
            day=date(2026, 1, 1),
            capable=EVERYTHING,
        )
        for index in range(count)
    ]


@pytest.mark.parametrize(
    ("objective", "best"), [("one-shot", WASM), ("ready=1", WEBGPU), ("loop,fps=30", WASM)]
)
def test_races_weigh_by_the_same_objective(objective: str, best: ArmKey) -> None:
    few = [visits(key, 25, 10.0, spread=1.0, start_ms=1000.0, predictions=20) for key in (WASM, WEBGPU)]
    record = at_leaf(objective, *few, races=raced({WASM: (25.0, 300.0), WEBGPU: (8.0, 2500.0)}, 16))
    assert (record.state, record.recommended) == ("committed", best)


def test_a_race_that_did_not_tell_its_start_does_not_win_by_the_start() -> None:
    few = [visits(key, 25, 10.0, spread=0.3, start_ms=1000.0, predictions=20) for key in (WASM, WEBGPU)]
    record = at_leaf("one-shot", *few, races=raced({WASM: (25.0, 300.0), WEBGPU: (8.0, None)}, 30))
    assert record.recommended != WEBGPU or record.state != "committed"


@pytest.mark.parametrize(
    ("objective", "weight"),
    [
        ("balanced", 1 / 20),
        ("ready=2,first_result=1", 1 / 40),
        ("ready=1", 0.0),
        ("loop", 1 / 20),
        ("one-shot", 100.0),
    ],
)
def test_the_pages_race_is_told_what_a_start_weighs(objective: str, weight: float) -> None:
    few = [visits(WEBGPU, 30, 10.0, start_ms=100.0, predictions=20), visits(WASM, 5, 10.0, predictions=20)]
    records = decide(inputs(*few, default="webgpu"), SETTINGS.for_objective(objective))
    plans = make_plans(records, {}, PublishSettings()).plans
    races = [plan["blazeface"].race for plan in plans.values() if plan["blazeface"].race]
    assert races
    assert [race.start_weight for race in races if race] == pytest.approx([weight] * len(races), rel=0.01)


def test_what_was_committed_by_another_objective_has_no_claim() -> None:
    record = at_leaf("one-shot", *trade())
    row = {
        "model": "blazeface",
        "device_class": LINUX.key,
        "state": "committed",
        "backend": "wasm-simd",
        "variant": "original",
        "record": record.to_json(),
    }
    kept = {"blazeface": {LINUX.key: WASM}}
    assert read_incumbents([row], SETTINGS.for_objective("one-shot")) == kept
    assert read_incumbents([row], SETTINGS.for_objective("ready=1")) == {}
    assert read_incumbents([row | {"state": "exploring"}], SETTINGS.for_objective("one-shot")) == {}


def test_a_commitment_of_another_version_is_read_by_its_objective_alone() -> None:
    told = json.loads(at_leaf(None, *trade()).to_json())
    row = {"model": "m", "device_class": "*", "state": "committed", "backend": "webgl", "variant": "original"}

    def claims(**parameters: object) -> bool:
        record = told | {"parameters": told["parameters"] | parameters, "news": 1}
        return bool(read_incumbents([row | {"record": json.dumps(record)}], SETTINGS))

    assert claims()
    assert claims(not_yet_thought_of=3)
    assert claims(objective="ready=1,first_result=1,quantile=0.75")
    assert not claims(objective="battery=1")
    assert not claims(startup_weight=0.0)
    del told["parameters"]["objective"]
    assert claims()


def test_a_record_of_before_objectives_is_read_as_balanced() -> None:
    record = at_leaf(None, *trade())
    old = json.loads(record.to_json())
    del old["parameters"]["objective"]
    for item in old["arms"]:
        del item["bytes"]
    read = DecisionRecord.model_validate(old)
    assert read == DecisionRecord.model_validate_json(record.to_json())
    assert read.parameters.aim == PRESETS["balanced"]


@pytest.mark.parametrize(
    ("objective", "said"),
    [
        (None, "objective: balanced\n  cost = 1 x p75 of ready_ms + 1 x start / 20 predictions, in ms"),
        ("one-shot", "objective: one-shot\n  cost = 1 x start / 20 predictions, in ms"),
        (
            "loop,fps=60,quantile=0.9",
            "objective: frame_rate=1,first_result=1,quantile=0.9,fps=60\n"
            "  cost = 1 x frame time at 60 fps (p90 of ready_ms, in whole frames) + "
            "1 x start / 20 predictions, in ms",
        ),
    ],
)
def test_explain_says_what_arms_are_compared_by(objective: str | None, said: str) -> None:
    assert f"  {said}\n" in format_record(at_leaf(objective, *trade()))
