"""The trade-off between variants, as ``inferfleet explain`` draws it in a terminal."""

import re
from typing import Any

import pytest

from collector.contract.variant_quality import VariantQuality
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.record import DecisionRecord, VariantStanding
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from collector.jobs.recommend.telling.plot import Point, plot
from collector.jobs.recommend.telling.trade_off import describe_trade_off, tell_bytes
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

PUBLISHED = {"original": 0.618, "uint16": 0.624, "uint8": 0.28}
"""top-1 of TensorFlow.js's own table of quantised MobileNetV2."""


def record(names: dict[str, float] = PUBLISHED, **fields: Any) -> DecisionRecord:
    variants = {name: VariantQuality(None, accuracy, "top1") for name, accuracy in names.items()}
    groups = [
        visits(arm("webgl", name), 60, 30.0, spread=0.1, start_ms=1000.0, seed=place)
        for place, name in enumerate(names)
    ]
    sizes = {name: 14e6 / (1 + place) for place, name in enumerate(names)}
    given = inputs(*groups, **({"variants": variants, "sizes": sizes} | fields))
    return next(each for each in decide(given, RecommendSettings()) if each.device_class == LINUX.key)


def a_standing(name: str, place: int, **fields: Any) -> VariantStanding:
    told: dict[str, Any] = {
        "variant": name,
        "verdict": ("passed", "unproven", "refused")[place % 3],
        "why": "accuracy: top1 0.28 where the original has 0.618" if place % 3 == 2 else "",
        "backend": "wasm-simd",
        "bytes": 1e6 * (1 + place),
        "brotli_bytes": None,
        "accuracy": None,
        "accuracy_of": "",
        "agreement": 0.99,
        "sessions": 30,
        "ready_ms": 10.0 + place,
        "start_ms": 300.0,
        "cost_ms": 12.0,
    }
    return VariantStanding.model_validate(told | fields)


def test_the_refused_are_shown_with_the_figures_that_refused_them() -> None:
    text = format_record(record())
    assert re.search(r"\(c\)  uint8 +4.67 MB  top1 0.28 +[\d.]+ ms +1 s  webgl\n", text)
    assert "(c) uint8: accuracy: top1 0.28 where the original has 0.618" in text
    assert "* recommended, (a) refused" in text
    chosen = next(each for each in record().variants if each.verdict == "chosen")
    assert f"A*   {chosen.variant}" in text
    marks = [line for line in text.splitlines() if "|" in line]
    assert any("(c)" in line for line in marks)
    assert any("A*" in line for line in marks)


def test_the_same_is_in_the_record_as_data() -> None:
    told = record().model_dump(mode="json")["variants"]
    assert {each["variant"]: each["accuracy"] for each in told} == PUBLISHED
    assert [each["verdict"] for each in told if each["variant"] == "uint8"] == ["refused"]


def test_variants_that_sessions_made_up_push_no_registered_one_out() -> None:
    made_up = [f"made-up-{number:02d}" for number in range(40)]
    names = {"original": 0.618, "uint8": 0.28, "small": 0.61}
    groups = [visits(arm("webgl", name), 9, 30.0, seed=place) for place, name in enumerate(made_up)]
    known = [visits(arm("webgl", name), 60, 30.0, seed=place) for place, name in enumerate(names)]
    given = inputs(
        *groups,
        *known,
        variants={name: VariantQuality(None, accuracy, "top1") for name, accuracy in names.items()},
        sizes=dict.fromkeys(made_up, 1e12) | {"original": 14e6, "uint8": 3e6, "small": 1e6},
    )
    found = next(each for each in decide(given, RecommendSettings()) if each.device_class == LINUX.key)
    assert len(found.variants) == 32
    assert names.keys() <= {each.variant for each in found.variants}


def test_one_variant_is_no_trade_off() -> None:
    alone = record({"original": 0.618})
    assert describe_trade_off(alone) == []
    assert "variants, each on" not in format_record(alone)


def test_what_has_no_size_or_time_is_listed_and_not_drawn() -> None:
    lines = describe_trade_off(record(sizes={}))
    assert not any("|" in line for line in lines)
    some = describe_trade_off(record(sizes={"original": 14e6, "uint16": 7e6}))
    assert any(line.endswith("1 without bytes or time: not drawn") for line in some)


@pytest.mark.parametrize("length", [4, 60])
def test_thirty_variants_with_long_names_fit_80_columns(length: int) -> None:
    many = [a_standing(f"{place:02d}-{'x' * (length - 3)}", place) for place in range(30)]
    lines = describe_trade_off(record().model_copy(update={"variants": many}))
    assert max(len(line) for line in lines) <= 78
    table = lines[2:32]
    assert [line.split()[0] for line in table][:4] == ["A", "B?", "(c)", "D"]


def test_what_lies_on_one_spot_stands_side_by_side() -> None:
    points = [
        Point(1e6, 10.0, "A*"),
        Point(1e6, 10.0, "B"),
        Point(1.01e6, 10.0, "(c)"),
        Point(4e6, 40.0, "D"),
    ]
    lines = plot(points, x_of=tell_bytes, y_of=str, named="")
    drawn = "".join(line.partition("|")[2] for line in lines)
    assert all(mark in drawn for mark in ("A*", "B", "(c)", "D"))
    same = plot([Point(5.0, 5.0, "A"), Point(5.0, 5.0, "B")], x_of=str, y_of=str, named="")
    assert any("A B" in line or "B A" in line for line in same)
    assert plot([Point(5.0, 5.0, "A")], x_of=str, y_of=str, named="") == []


def test_smaller_is_to_the_left_and_faster_is_below() -> None:
    lines = plot([Point(1e6, 100.0, "S"), Point(1e7, 10.0, "B")], x_of=str, y_of=str, named="")
    row_of = {mark: next(row for row, line in enumerate(lines) if mark in line) for mark in "SB"}
    assert row_of["S"] < row_of["B"]
    assert lines[row_of["S"]].index("S") < lines[row_of["B"]].index("B")


def test_long_names_keep_the_end_that_tells_them_apart() -> None:
    names = ("distilled-student-float16", "distilled-student-uint8")
    lines = describe_trade_off(
        record().model_copy(update={"variants": [a_standing(name, 0) for name in names]})
    )
    assert [line.split()[1] for line in lines[2:4]] == ["distil...float16", "distil...t-uint8"]
