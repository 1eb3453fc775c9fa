"""The fast way in takes nothing that the contract's models would not take just the same."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ingest_bodies import ID_SLOT, make_bodies
from collector.contract.report import Report
from collector.contract.signals import OPTIONAL_SERIES, SERIES, Histogram, MemorySignal
from collector.ingest.columns import to_tables
from collector.ingest.decode import Decoded, decode, skim
from collector.ingest.group import Entry, examine
from collector.ingest.number_lists import UnfitLists
from collector.ingest.refusal import Refused
from tests.unit.ingest.reports import (
    Json,
    a_leak_trace,
    a_load,
    a_race,
    a_report,
    a_window,
    batch_of_bodies,
    encoded,
    now_ms,
)

GOLDEN = sorted((Path(__file__).parents[2] / "vectors" / "reports").glob("*.json"))

FULL = a_report(
    loads=[a_load(fallbacks=[{"backend": "webgpu"}], backend_init_ms=1.5, cache_hit=True, download_bytes=7)],
    incidents=[{"model": "m", "backend": "cpu", "kind": "error", "at": now_ms(), "error": "TypeError"}],
    exposures=[{"model": "m", "backend": "cpu", "source": "default", "at": now_ms(), "probability": 0.5}],
    stages=[
        {
            "stage": "f",
            "model": "m",
            "started_at": now_ms(),
            "duration_ms": 1,
            "count": 1,
            "span_ms": {"buckets": [1], "counts": [1, -2, 3]},
        }
    ],
    races=[a_race(engine="tfjs", steerable=True)],
    leak_traces=[a_leak_trace(loads=3), a_leak_trace(sites=[])],
    dropped={"queue_full": 1},
)


def the_fast_way(*bodies: bytes) -> list[Decoded | Refused]:
    """As a report goes: skimmed on arrival, its lists checked with those of its group."""
    loop = asyncio.new_event_loop()
    try:
        ends: dict[int, Decoded | Refused] = {}
        entries = []
        for n, body in enumerate(bodies):
            try:
                entries.append(Entry(skim(body), n, loop.create_future()))
            except Refused as refused:
                ends[n] = refused
        group = examine(entries)
        ends |= {entry.received_at_ms: entry.decoded for entry in group.entries}
        ends |= {entry.received_at_ms: refused for entry, refused in group.refused}
        assert group.batch.received_at_ms == [entry.received_at_ms for entry in group.entries]
        return [ends[n] for n in range(len(bodies))]
    finally:
        loop.close()


def told(end: Decoded | Refused) -> tuple[Any, ...]:
    """All that a client, the counts and the spool see of it."""
    if isinstance(end, Refused):
        return end.reason, end.problem, dict(end.items)
    return end.body, end.items, dict(end.rejected), end.unknown_fields


def the_models_way(body: bytes) -> Decoded | Refused:
    try:
        return decode(body)
    except Refused as refused:
        return refused


def assert_the_same(body: bytes) -> None:
    assert told(the_fast_way(body)[0]) == told(the_models_way(body))


def test_what_an_sdk_sends_is_taken_without_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [body.replace(ID_SLOT, b"b" * 22) for body in make_bodies(20, app="bench", seed=3)]
    bodies += [path.read_bytes() for path in GOLDEN if "newer" not in path.stem]
    bodies += [encoded(FULL)]
    assert [told(end) for end in the_fast_way(*bodies)] == [told(the_models_way(body)) for body in bodies]

    def slow(*_: object, **__: object) -> None:
        raise AssertionError("the models were asked")

    monkeypatch.setattr(Report, "model_validate_json", slow)
    assert all(isinstance(end, Decoded) for end in the_fast_way(*bodies))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_reports_end_the_same(path: Path) -> None:
    assert_the_same(path.read_bytes())


EDGES = st.sampled_from(
    [
        *(0, 1, -1, 2, 15, 16, 64, 255, 256, 385, 386, -177, -178, 562, 563, -563, -564, 9999, 10_000),
        *(1 << 31, (1 << 32) - 1, 1 << 32, 1 << 46, (1 << 46) + 1, 1 << 53, (1 << 53) + 1, -(1 << 53)),
        *(1 << 63, 1 << 64),
    ]
)
WRONG = st.one_of(
    st.none(),
    st.booleans(),
    EDGES,
    st.integers(-(1 << 70), 1 << 70),
    st.floats(),
    st.sampled_from(
        [1.0, 1e3, -0.0, "1", "", "webgl\n", "m\n", "b" * 22 + "\n", "\u0661", "other", "\ud800"]
    ),
    st.text(max_size=20),
    st.lists(st.one_of(EDGES, st.floats(), st.none()), max_size=4),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.just({"buckets": [1], "counts": [1]}),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    here = [path] if path else []
    return here + [place for key, child in children for place in _places(child, (*path, key))]


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(_places(FULL)), wrong=WRONG)
def test_a_value_replaced_anywhere_ends_the_same(place: tuple[Any, ...], wrong: Any) -> None:
    report = json.loads(json.dumps(FULL))
    target = report
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = wrong
    assert_the_same(encoded(report))


@settings(max_examples=300, deadline=None)
@given(
    place=st.sampled_from([place for place in _places(FULL) if isinstance(place[-1], str)]), new=st.booleans()
)
def test_a_field_left_out_or_added_anywhere_ends_the_same(place: tuple[Any, ...], new: bool) -> None:
    report = json.loads(json.dumps(FULL))
    target = report
    for key in place[:-1]:
        target = target[key]
    if new:
        target["mood"] = target[place[-1]]
    else:
        del target[place[-1]]
    assert_the_same(encoded(report))


@settings(max_examples=400, deadline=None)
@given(
    at=st.integers(0, len(encoded(FULL))),
    cut=st.integers(0, 3),
    put=st.one_of(
        st.binary(max_size=2),
        st.sampled_from(
            [b" ", b",", b"]", b"[", b"[]", b"-", b"0", b"e1", b".0", b'"', b"null", b"\n", b"\x1e"]
        ),
    ),
)
def test_bytes_changed_anywhere_end_the_same(at: int, cut: int, put: bytes) -> None:
    body = encoded(FULL)
    assert_the_same(body[:at] + put + body[at + cut :])


RESULT = st.fixed_dictionaries(
    {"backend": st.sampled_from(["cpu", "webgl"]), "outcome": st.sampled_from(["measured", "late"])},
    optional={
        "variant": st.sampled_from(["original", "float16"]),
        "ready_ms": st.none() | st.sampled_from([0, 4.5, 3.6e6, 3.7e6]),
        "runs": st.integers(-1, 2),
    },
)


@settings(max_examples=400, deadline=None)
@given(
    results=st.lists(RESULT, max_size=4) | st.integers(14, 18).map(lambda n: [{"backend": "cpu"}] * n),
    winner=st.none() | st.integers(-1, 4),
)
def test_races_of_any_kind_end_the_same(results: list[Json], winner: int | None) -> None:
    assert_the_same(encoded(a_report(races=[a_race(results=results, winner=winner)])))


NEAR = st.one_of(st.integers(-3, 5), EDGES)
HISTOGRAM = st.fixed_dictionaries(
    {"buckets": st.lists(NEAR, max_size=4), "counts": st.lists(NEAR, max_size=5)}
)
MEMORY = st.integers(0, 3).flatmap(
    lambda points: st.fixed_dictionaries(
        {
            name: st.lists(NEAR, min_size=points, max_size=points + (name == "bytes"))
            for name in ("predictions", "tensors", "bytes")
        },
        optional={
            name: st.lists(NEAR, min_size=points, max_size=points) | st.none() for name in OPTIONAL_SERIES
        }
        | {
            "tensors_min": st.integers(-1, 9) | st.none(),
            "tensors_max": EDGES,
        },
    )
)


@pytest.mark.parametrize("name", OPTIONAL_SERIES)
def test_a_series_that_is_null_was_not_sent(name: str) -> None:
    memory = {"predictions": [0], "tensors": [0], "bytes": [0], name: None}
    body = encoded(a_report(windows=[a_window(memory=memory)]))
    assert_the_same(body)
    (end,) = the_fast_way(body)
    assert isinstance(end, Decoded)
    assert not end.rejected


@settings(max_examples=300, deadline=None)
@given(
    windows=st.lists(st.tuples(HISTOGRAM | st.none(), HISTOGRAM, MEMORY | st.none()), min_size=1, max_size=3)
)
def test_number_lists_of_any_kind_end_the_same(windows: list[tuple[Json, Json, Json]]) -> None:
    assert_the_same(
        encoded(
            a_report(
                windows=[
                    a_window(dispatch_ms=dispatch, kernel_ms=kernel, memory=memory)
                    for dispatch, kernel, memory in windows
                ]
            )
        )
    )


@settings(max_examples=300, deadline=None)
@given(
    first=st.integers(-177, 300),
    counts=st.lists(st.one_of(st.integers(0, 9), st.integers(-5, -1)), max_size=12),
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    points=st.lists(st.tuples(*[st.integers(0, 1 << 20)] * 5), min_size=1, max_size=16),
)
def test_what_passes_becomes_the_rows_that_the_models_tell(
    first: int, counts: list[int], gaps: list[int], points: list[tuple[int, int, int, int, int]]
) -> None:
    runs = {"buckets": [first], "counts": [1, *counts, 2]}
    stepped = {"buckets": [first, *gaps], "counts": list(range(len(gaps) + 1))}
    memory = {
        name: [series[0], *(b - a for a, b in pairwise(series))]
        for name, series in zip(SERIES[1:], zip(*points, strict=True), strict=True)
    } | {"predictions": [1] * len(points), "tensors_max": points[-1][3]}
    body = encoded(a_report(windows=[a_window(dispatch_ms=runs, kernel_ms=stepped, memory=memory)]))
    row = to_tables(batch_of_bodies([body], now_ms()))["windows"].to_pylist()[0]
    for name, histogram in (("dispatch", runs), ("kernel", stepped)):
        expected = Histogram.model_validate(histogram).decoded()
        assert (row[f"{name}_buckets"], row[f"{name}_counts"]) == (list(expected), list(expected.values()))
    signal = MemorySignal.model_validate(memory)
    assert [list(of_point) for of_point in zip(*(row[f"memory_{name}"] for name in SERIES), strict=True)] == [
        list(point) for point in signal.points()
    ]
    tensors = [point[1] for point in signal.points()]
    assert (row["tensors_min"], row["tensors_max"]) == (min(tensors), max([*tensors, points[-1][3]]))


def test_absolute_memory_is_refused_in_its_window_alone() -> None:
    """In a group, beside windows without memory, with one point, and two models of one name side by side."""
    absolute = {"predictions": [0, 100, 200], "tensors": [9, 9, 9], "bytes": [90, 90, 90]}
    side_by_side = {"predictions": [0, 90, 100], "tensors": [9, 0, 9], "bytes": [90, 0, 0]}
    one = {"predictions": [7], "tensors": [9], "bytes": [90]}
    good = [a_window(), a_window(count=1, memory=one), a_window(count=120, memory=side_by_side)]
    bodies = [
        encoded(a_report(windows=good)),
        encoded(a_report(windows=[*good, a_window(count=200, memory=absolute), *good])),
    ]
    assert [told(end) for end in the_fast_way(*bodies)] == [told(the_models_way(body)) for body in bodies]
    kept = the_models_way(bodies[1])
    assert not isinstance(kept, Refused)
    assert (kept.items, dict(kept.rejected)) == (6, {"invalid_item": 1})


def test_one_bad_report_changes_nothing_for_those_of_its_group() -> None:
    good = encoded(a_report())
    bodies = [
        good,
        encoded(a_report(windows=[a_window(ready_ms={"buckets": [1], "counts": [-1]})])),
        good,
        encoded(a_report(windows=[a_window(ready_ms={"buckets": ["1,2"], "counts": [1, 2]}), a_window()])),
        encoded(a_report(windows=[a_window(ready_ms={"buckets": [[1], 2], "counts": [1, 2]})])),
        good,
    ]
    assert [told(end) for end in the_fast_way(*bodies)] == [told(the_models_way(body)) for body in bodies]


def test_a_model_that_nobody_knows_how_to_read_is_kept_as_what_is_known_of_it() -> None:
    """The models' parser takes NaN, which is no JSON, in a field that is not looked at."""
    body = encoded(a_report(mood=float("nan")))
    decoded = skim(body)
    assert (decoded.items, decoded.unknown_fields) == (1, 1)
    assert b"NaN" not in decoded.body
    assert batch_of_bodies([decoded.body], now_ms()).reports == [decoded.report]


def test_lists_that_do_not_fit_are_never_silently_read() -> None:
    with pytest.raises(UnfitLists):
        batch_of_bodies([encoded(a_report(windows=[a_window(ready_ms={"buckets": [1], "counts": []})]))], 0)
