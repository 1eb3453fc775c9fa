import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from collector.contract.race import MAX_RACE_BUDGET_MS
from collector.contract.reasons import Reason
from collector.contract.report import MAX_ITEM_AGE_MS, Report
from collector.contract.wire_model import unknown_fields
from collector.ingest.columns import count_items, to_tables
from collector.ingest.decode import decode
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

WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


def test_a_valid_report_is_kept_byte_for_byte() -> None:
    body = encoded(a_report())
    decoded = decode(body)
    assert decoded.body == body
    assert (decoded.items, decoded.rejected) == (1, {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.MALFORMED_JSON),
        (b"{", Reason.MALFORMED_JSON),
        (b"\xff\xfe", Reason.MALFORMED_JSON),
        (b"[" * 100_000, Reason.MALFORMED_JSON),
        (b"[]", Reason.INVALID_REPORT),
        (b"null", Reason.INVALID_REPORT),
        (encoded(a_report(v=2)), Reason.UNSUPPORTED_VERSION),
        (encoded({k: v for k, v in a_report().items() if k != "v"}), Reason.UNSUPPORTED_VERSION),
        (encoded(a_report(v="1")), Reason.UNSUPPORTED_VERSION),
        (encoded(a_report(batch_id="short")), Reason.INVALID_REPORT),
        (encoded(a_report(sent_at="yesterday")), Reason.INVALID_REPORT),
        (encoded(a_report(windows={})), Reason.INVALID_REPORT),
        (encoded(a_report(windows=[a_window()] * 65)), Reason.INVALID_REPORT),
        (encoded(a_report(device={"os": "beos"})), Reason.UNKNOWN_ENUM),
        (encoded(a_report(dropped={"boredom": 1})), Reason.UNKNOWN_ENUM),
        (encoded(a_report(windows=[a_window(backend="cuda")])), Reason.UNKNOWN_ENUM),
        (encoded(a_report(windows=[a_window(count="many")])), Reason.INVALID_ITEM),
    ],
)
def test_what_is_no_report_is_refused_with_its_reason(body: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        decode(body)
    assert refused.value.reason is reason


def test_bad_items_are_dropped_counted_and_the_rest_is_kept() -> None:
    report = a_report(
        windows=[a_window(backend="cuda"), a_window(count=7), a_window(count=0), "x"],
        loads=[a_load(), a_load(at=now_ms() - MAX_ITEM_AGE_MS - 60_000), a_load(load_ms=float("nan"))],
    )
    decoded = decode(encoded(report))
    assert decoded.rejected == {"unknown_enum": 1, "invalid_item": 3, "timestamp_out_of_range": 1}
    assert [window.count for window in decoded.report.windows] == [7]
    assert decoded.items == 2
    assert Report.model_validate_json(decoded.body).item_count() == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"results": []}, "invalid_item"),
        ({"results": [{"backend": "cpu", "outcome": "late"}] * 17, "winner": None}, "invalid_item"),
        ({"results": [{"backend": "cpu", "outcome": "measured", "runs": 1}]}, "invalid_item"),
        ({"results": [{"backend": "cpu", "outcome": "measured", "ready_ms": 1}]}, "invalid_item"),
        ({"results": [{"backend": "cpu", "outcome": "tired"}], "winner": None}, "unknown_enum"),
        ({"winner": 1}, "invalid_item"),
        ({"winner": 2}, "invalid_item"),
        ({"winner": -1}, "invalid_item"),
        ({"budget_ms": MAX_RACE_BUDGET_MS + 1}, "invalid_item"),
        ({"budget_ms": 0.5}, "invalid_item"),
        ({"spent_ms": 3.6e6 + 1}, "invalid_item"),
        ({"spent_ms": float("nan")}, "invalid_item"),
        ({"asked": "nobody"}, "unknown_enum"),
        ({"input": "camera"}, "unknown_enum"),
        ({"at": now_ms() - MAX_ITEM_AGE_MS - 60_000}, "timestamp_out_of_range"),
    ],
)
def test_a_race_that_does_not_fit_is_refused_and_the_others_are_kept(change: Json, reason: str) -> None:
    decoded = decode(encoded(a_report(races=[a_race(), a_race(**change)])))
    assert decoded.rejected == {reason: 1}
    assert decoded.items == 2
    assert [race.winner for race in decoded.report.races] == [0]


def test_an_arm_may_be_twice_in_a_race_since_a_library_may_run_two_names_on_one_backend() -> None:
    results = [{"backend": "wasm-simd", "outcome": "measured", "ready_ms": ms, "runs": 5} for ms in (8, 9)]
    assert decode(encoded(a_report(windows=[], races=[a_race(results=results)]))).items == 1


def test_a_report_has_at_most_8_races() -> None:
    assert decode(encoded(a_report(races=[a_race()] * 8))).items == 9
    with pytest.raises(Refused) as refused:
        decode(encoded(a_report(races=[a_race()] * 9)))
    assert refused.value.reason is Reason.INVALID_REPORT


def test_when_no_item_is_left_all_are_accounted_for() -> None:
    report = a_report(windows=[a_window(backend="cuda"), a_window(started_at=1)])
    with pytest.raises(Refused) as refused:
        decode(encoded(report))
    assert sum(refused.value.items.values()) == 2


def test_what_the_sdk_dropped_is_kept_even_when_its_items_are_not() -> None:
    decoded = decode(encoded(a_report(windows=[a_window(backend="cuda")], dropped={"queue_full": 3})))
    assert decoded.items == 0
    assert decoded.rejected == {"unknown_enum": 1}


@pytest.mark.parametrize(
    ("offset_ms", "kept"),
    [
        (-MAX_ITEM_AGE_MS, True),
        (-MAX_ITEM_AGE_MS - 1, False),
        (30 * 60_000, True),
        (30 * 60_000 + 1, False),
    ],
)
def test_an_items_time_is_at_most_48_hours_before_and_30_minutes_after_sending(
    offset_ms: int, kept: bool
) -> None:
    sent_at = now_ms()
    body = encoded(a_report(sent_at=sent_at, windows=[a_window(started_at=sent_at + offset_ms), a_window()]))
    assert decode(body).items == (2 if kept else 1)


@pytest.mark.parametrize(
    "memory",
    [
        {"predictions": [4_000_000_000, 4_000_000_000], "tensors": [1, 0], "bytes": [1, 0]},
        {"predictions": [1], "tensors": [1], "bytes": [1], "tensors_max": 1 << 70},
    ],
)
def test_sums_that_no_column_holds_are_refused_before_they_are_acknowledged(memory: Json) -> None:
    with pytest.raises(Refused) as refused:
        decode(encoded(a_report(windows=[a_window(memory=memory)])))
    assert refused.value.reason is Reason.INVALID_ITEM


def test_a_refusal_never_repeats_a_value_that_was_sent() -> None:
    with pytest.raises(Refused) as refused:
        decode(encoded(a_report(session="alice@example.com", device={"gpu": "NVIDIA GeForce RTX 4090"})))
    text = refused.value.problem.model_dump_json()
    assert "alice" not in text
    assert "GeForce" not in text
    assert {error.path for error in refused.value.problem.errors} == {"session", "device.gpu"}


def test_unknown_fields_are_counted_wherever_they_are() -> None:
    report = a_report(mood=1, device={"os": "linux", "npu": True}, windows=[a_window(energy=1)])
    report["windows"][0]["memory"]["heap"] = 3
    model = Report.model_validate_json(encoded(report))
    assert unknown_fields(model) == 4


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        decode(body)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    here = [path] if path else []
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return here + [place for key, child in children for place in _places(child, (*path, key))]


FULL = a_report(
    loads=[a_load(fallbacks=[{"backend": "webgpu"}])],
    incidents=[{"model": "m", "backend": "cpu", "kind": "error", "at": now_ms()}],
    exposures=[{"model": "m", "backend": "cpu", "source": "default", "at": now_ms()}],
    stages=[
        {
            "stage": "f",
            "started_at": now_ms(),
            "duration_ms": 1,
            "count": 1,
            "span_ms": {"buckets": [1], "counts": [1]},
        }
    ],
    races=[a_race()],
    leak_traces=[a_leak_trace()],
    dropped={"queue_full": 1},
)


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(_places(FULL)), wrong=WRONG)
def test_what_is_acknowledged_can_be_turned_into_rows(place: tuple[Any, ...], wrong: Any) -> None:
    """One value anywhere is replaced: the report is refused, or every item it keeps becomes a row."""
    report = json.loads(json.dumps(FULL))
    target = report
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = wrong
    try:
        decoded = decode(encoded(report))
    except Refused:
        return
    tables = to_tables(batch_of_bodies([decoded.body], now_ms()))
    races = [(race, result) for race in decoded.report.races for result in race.results]
    rows = {name: table.num_rows for name, table in tables.items() if name != "drops"}
    assert rows.pop("races", 0) == len(races)
    assert sum(rows.values()) == decoded.items - len(decoded.report.races)
    assert count_items(tables) == decoded.items


@pytest.mark.parametrize("value", [True, 4.0, "4"])
@pytest.mark.parametrize("fact", ["memory_gb", "cores", "webgl"])
def test_a_number_that_no_column_holds_is_refused_before_it_is_acknowledged(fact: str, value: object) -> None:
    with pytest.raises(Refused) as caught:
        decode(encoded(a_report(windows=[a_window()], device={fact: value})))
    assert caught.value.reason in (Reason.INVALID_REPORT, Reason.UNKNOWN_ENUM)


def test_a_body_of_nothing_but_mistakes_costs_an_error_a_list_not_one_an_entry() -> None:
    wrong = {"buckets": [""] * 256, "counts": [""] * 256}
    windows = [a_window(dispatch_ms=wrong, ready_ms=wrong, kernel_ms=wrong)] * 64
    with pytest.raises(ValidationError) as caught:
        Report.model_validate_json(encoded(a_report(windows=windows)))
    assert caught.value.error_count() <= 64 * 3 * 2
    with pytest.raises(ValidationError) as caught:
        Report.model_validate_json(encoded(a_report(dropped={str(n): 1 for n in range(30_000)})))
    assert caught.value.error_count() == 1
