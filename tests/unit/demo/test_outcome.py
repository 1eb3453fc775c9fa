"""The demo calls itself a success only when everything that it shows held."""

from dataclasses import replace
from typing import Any

import pytest

from examples.demo.faces import PHOTO_FACE, overlap
from examples.demo.outcome import find_faults, quantile, summarise, tabulate
from examples.demo.scenario import Alarm, Run, _deciding
from examples.demo.visits import SentReport, Visit, Wish, rounds_of

ELSEWHERE = {"x": 0.7, "y": 0.7, "width": 0.2, "height": 0.2}


def make_visit(
    name: str,
    backend: str,
    source: str,
    ready_ms: float,
    *,
    leak: bool = False,
    box: dict[str, float] = PHOTO_FACE,
    variant: str = "original",
) -> Visit:
    result: dict[str, Any] = {
        "backend": backend,
        "variant": variant,
        "source": source,
        "release": "1-leaky" if leak else "1",
        "predictions": 3,
        "predictions_with_face": 3,
        "faces": [{"box": box, "score": 0.9}],
        "ready_ms": [ready_ms, ready_ms],
        "load_ms": 100.0,
        "first_prediction_ms": 200.0,
    }
    reports = [SentReport(f"batch-{name}", 3, "beacon", None)]
    return Visit(Wish(name, name, leak=leak), result, reports)


def make_run() -> Run:
    before = [make_visit("default", "webgpu", "default", 400.0)]
    before += [make_visit(name, name, "override", 90.0) for name in ("cpu", "webgl", "webgpu")]
    before.append(make_visit("wasm", "wasm-simd", "override", 30.0))
    later = [make_visit("later", "wasm-simd", "config", 30.0)]
    leaky = [make_visit("leaky", "wasm-simd", "config", 30.0, leak=True)]
    return Run(
        before=before,
        later=later,
        leaky=leaky,
        decision={
            "backend": "wasm-simd",
            "variant": "original",
            "state": "committed",
            "device_class": "form=desktop,os=linux",
        },
        explanation="because",
        alarm=Alarm("1-leaky", "1", ["1-leaky"], ["1-leaky"], ["1-leaky"], clean_sessions=6),
        batches={f"batch-{visit.wish.name}": 3 for visit in before + later + leaky},
        duplicates=0,
    )


def faults_of(run: Run) -> str:
    return "\n".join(find_faults(summarise(run)))


def test_a_run_where_all_held_has_no_fault() -> None:
    summary = summarise(make_run())
    assert find_faults(summary) == []
    assert summary["visits"] == 7
    assert summary["backends"] == ["cpu", "wasm", "webgl", "webgpu"]
    assert (summary["reports_sent"], summary["reports_stored"]) == (7, 7)
    assert summary["next_visit"] == {"backend": "wasm-simd", "source": "config"}
    assert summary["p75_ready_ms"] == {"default": 400.0, "recommended": 30.0}


def test_a_report_that_is_not_in_the_store_is_lost() -> None:
    run = make_run()
    del run.batches["batch-cpu"]
    summary = summarise(run)
    assert (summary["lost"], summary["items_lost"]) == (1, 3)
    assert "lost is 1" in faults_of(run)


def zipped(run: Run, status: int | None) -> Run:
    run.before[0].reports.append(SentReport(None, 0, "fetch", status))
    return run


def assert_counts_agree(summary: dict[str, Any]) -> None:
    explained = summary["reports_empty"] + summary["lost"]
    assert summary["reports_sent"] + summary["not_sent"] == summary["reports_stored"] + explained


@pytest.mark.parametrize("status", [202, None, 0])
def test_a_zipped_report_counts_although_its_id_is_unknown(status: int | None) -> None:
    run = zipped(make_run(), status)
    run.batches["batch-zipped"] = 5
    summary = summarise(run)
    assert (summary["reports_sent"], summary["reports_stored"]) == (8, 8)
    assert (summary["lost"], summary["not_sent"], summary["reports_unanswered"]) == (0, 0, 0)
    assert find_faults(summary) == []


def test_an_accepted_zipped_report_that_is_not_stored_is_lost() -> None:
    summary = summarise(zipped(make_run(), 202))
    assert summary["lost"] == 1
    assert_counts_agree(summary)


def test_a_zipped_report_that_never_arrived_is_told_apart() -> None:
    summary = summarise(zipped(make_run(), None))
    assert (summary["lost"], summary["reports_unanswered"]) == (0, 1)
    assert_counts_agree(summary)


def test_a_report_without_items_explains_why_it_is_not_stored() -> None:
    run = make_run()
    run.before[0].reports.append(SentReport("batch-empty", 0, "fetch", 202))
    summary = summarise(run)
    assert (summary["reports_empty"], summary["lost"]) == (1, 0)
    assert_counts_agree(summary)


def test_a_stored_report_that_no_page_sent_is_a_fault() -> None:
    run = make_run()
    run.batches["batch-from-nowhere"] = 1
    assert "not_sent is 1" in faults_of(run)
    assert_counts_agree(summarise(run))


def test_a_decision_that_is_not_committed_is_a_fault() -> None:
    run = make_run()
    exploring = replace(run, decision=run.decision | {"state": "exploring"})
    assert "the decision is exploring, not committed" in faults_of(exploring)


def test_the_decision_is_that_of_the_narrowest_class_that_has_one() -> None:
    narrow = {"device_class": "form=desktop,os=linux,gpu=swiftshader", "state": "insufficient"}
    wide = {"device_class": "form=desktop,os=linux", "state": "committed"}
    root = {"device_class": "*", "state": "committed"}
    assert _deciding([root, wide, narrow]) == wide
    assert _deciding([narrow]) == narrow


def test_a_round_has_different_visitors_on_one_backend() -> None:
    wishes = [
        Wish("a-0", "a", backend="wasm"),
        Wish("b-0", "b", backend="wasm"),
        Wish("c-0", "c", backend="wasm"),
        Wish("d-0", "d", backend="cpu"),
        Wish("d-1", "d", backend="cpu"),
    ]
    names = [[wish.name for wish in round_] for round_ in rounds_of(wishes, 2)]
    assert names == [["a-0", "b-0"], ["c-0"], ["d-0"], ["d-1"]]


def test_a_report_stored_in_part_has_lost_items() -> None:
    run = make_run()
    run.batches["batch-cpu"] = 2
    assert "items_lost is 1" in faults_of(run)


def test_a_duplicate_is_a_fault() -> None:
    assert "duplicates is 2" in faults_of(replace(make_run(), duplicates=2))


def test_a_box_beside_the_face_is_no_face() -> None:
    run = make_run()
    run.before[1] = make_visit("cpu", "cpu", "override", 90.0, box=ELSEWHERE)
    assert "the face was not found on every visit on cpu" in faults_of(run)
    assert "false_faces is 1" in faults_of(run)


def test_a_prediction_without_the_face_counts_against_the_visit() -> None:
    run = make_run()
    run.before[1].result["predictions_with_face"] = 2
    assert "the face was not found on every visit on cpu" in faults_of(run)


def test_a_backend_that_nobody_visited_is_a_fault() -> None:
    run = make_run()
    run = replace(run, before=[visit for visit in run.before if visit.family != "webgl"])
    assert "no visit ran on webgl" in faults_of(run)


@pytest.mark.parametrize(
    ("visit", "fault"),
    [
        (make_visit("later", "webgl", "config", 30.0), "the next visit's was"),
        (make_visit("later", "wasm-simd", "default", 30.0), "the next visit's was"),
        (make_visit("later", "wasm-simd", "config", 500.0), "takes 500.0 ms"),
    ],
)
def test_a_config_must_be_followed_and_be_faster(visit: Visit, fault: str) -> None:
    assert fault in faults_of(replace(make_run(), later=[visit]))


def test_without_a_recommendation_the_demo_fails() -> None:
    run = make_run()
    decision = run.decision | {"backend": None, "state": "insufficient"}
    assert "the decision is insufficient" in faults_of(replace(run, decision=decision))


def test_an_alert_must_reach_every_place_and_spare_the_clean_release() -> None:
    run = make_run()
    silent = replace(run, alarm=replace(run.alarm, collector_webhook=[]))
    assert "did not arrive everywhere" in faults_of(silent)
    false_alarm = replace(run, alarm=replace(run.alarm, alertmanager=["1-leaky", "1"]))
    assert "does not leak raised an alert" in faults_of(false_alarm)


def test_the_table_has_a_row_for_each_way_of_running() -> None:
    rows = tabulate(make_run().visits)
    figures = ["1", "3", "30 ms", "30 ms", "100 ms", "200 ms", "1 of 1"]
    assert ["config (1-leaky)", "wasm-simd", "original", *figures] in rows
    assert len({len(row) for row in rows}) == 1


def test_quantiles_are_of_the_nearest_rank() -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.75) == 3.0
    assert quantile([], 0.5) is None


def test_overlap_is_intersection_over_union() -> None:
    unit = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}
    assert overlap(unit, unit) == 1.0
    assert overlap(unit, unit | {"x": 0.5}) == pytest.approx(1 / 3)
    assert overlap(unit, unit | {"x": 1.0}) == 0.0
