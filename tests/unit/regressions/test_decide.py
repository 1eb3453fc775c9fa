"""The decision as a whole: one finding for each cause, and none for what is no regression."""

from datetime import timedelta

import numpy as np
import pytest

from collector.contract.finding import Every, FindingKind, FindingState, Severity
from collector.jobs.regressions.axes import AXES
from collector.jobs.regressions.splits import order_axis
from tests.unit.regressions.fleets import DAY_S, NOW, Array, Fleet


def test_nothing_happened_and_nothing_is_found() -> None:
    decision = Fleet().decide()
    assert (decision.findings, decision.votes) == ([], 4000)
    assert decision.tests > 100


def test_a_release_that_is_slow_everywhere_is_one_finding_about_everything() -> None:
    fleet = Fleet()
    (finding,) = fleet.slow(fleet.new, 1.5).decide().findings
    assert finding.kind is FindingKind.LATENCY_REGRESSION
    assert (finding.cohort.model, finding.cohort.backend, finding.cohort.scope) == (Every.ANY, Every.ANY, "")
    assert finding.cohort.release == "2.0"
    assert finding.severity is Severity.WARNING
    assert finding.evidence["scopes"] == [{}]
    assert finding.evidence["ratio_low"] < 1.5 < finding.evidence["ratio_high"]
    assert (finding.evidence["version"], finding.evidence["before"]) == ("2.0", "1.0")


@pytest.mark.parametrize(
    ("facts", "scope"),
    [
        ({"gpu": "mali-g7"}, [{"gpu_vendor": "mali"}]),
        ({"backend": "webgl"}, [{"backend": "webgl"}]),
        ({"gpu": "apple", "backend": "webgl"}, [{"backend": "webgl", "gpu_vendor": "apple"}]),
        ({"gpu": "adreno-7xx"}, [{"gpu": "adreno-7xx"}]),
    ],
)
def test_the_scope_is_the_coarsest_that_holds_what_became_slower(
    facts: dict[str, object], scope: list[dict[str, str]]
) -> None:
    fleet = Fleet()
    (finding,) = fleet.slow(fleet.new & fleet.where(**facts), 4).decide().findings
    assert finding.evidence["scopes"] == scope
    assert finding.severity is Severity.CRITICAL


def test_two_scopes_of_one_release_are_one_finding() -> None:
    fleet = Fleet(n=8000)
    rows = fleet.new & (fleet.where(gpu="adreno-6xx") | fleet.where(gpu="mali-g7"))
    (finding,) = fleet.slow(rows, 3).decide().findings
    assert {tuple(scope.values()) for scope in finding.evidence["scopes"]} == {("adreno-6xx",), ("mali",)}
    assert "one of" in finding.cohort.scope


def test_slower_starts_of_the_same_cause_are_part_of_the_finding_and_alone_one_of_their_own() -> None:
    fleet = Fleet()
    fleet.start[fleet.new] += np.log(1.6)
    (alone,) = fleet.decide().findings
    assert alone.kind is FindingKind.START_REGRESSION
    (both,) = fleet.slow(fleet.new, 1.6).decide().findings
    assert both.kind is FindingKind.LATENCY_REGRESSION
    assert both.evidence["also"]["start"]["ratio"] == pytest.approx(alone.evidence["ratio"], rel=0.01)


def test_a_page_that_does_more_between_predictions_has_fewer_frames() -> None:
    fleet = Fleet()
    fleet.gap[fleet.new & fleet.where(gpu="apple")] += np.log(3)
    (finding,) = fleet.decide().findings
    assert (finding.kind, finding.evidence["signal"]) == (FindingKind.FRAME_RATE_REGRESSION, "frame")
    assert finding.evidence["scopes"] == [{"gpu_vendor": "apple"}]
    assert 30 < finding.evidence["typical_before"] < 50
    assert "from one frame to the next it takes" in finding.summary


def test_frames_that_wait_for_slower_predictions_are_part_of_that_finding() -> None:
    fleet = Fleet()
    (finding,) = fleet.slow(fleet.new, 3).decide().findings
    assert finding.kind is FindingKind.LATENCY_REGRESSION
    assert 1.2 < finding.evidence["also"]["frame"]["ratio"] < 3


def test_a_page_that_waits_for_people_has_no_frames() -> None:
    """They take twice as long until they press the button again: nothing that a release can be blamed for."""
    fleet = Fleet()
    fleet.gap += np.log(100)
    fleet.gap[fleet.new] += np.log(2)
    assert fleet.decide().findings == []


def test_frames_that_came_far_apart_are_not_forgotten() -> None:
    """At the newer release a frame takes half a second: those sessions are judged by what the others do."""
    fleet = Fleet()
    fleet.gap[fleet.new] += np.log(25)
    (finding,) = fleet.decide().findings
    assert finding.kind is FindingKind.FRAME_RATE_REGRESSION
    assert finding.evidence["typical"] > 400


def test_only_the_slowest_predictions() -> None:
    fleet = Fleet()
    fleet.tail[fleet.new] += np.log(1.5)
    (finding,) = fleet.decide().findings
    assert (finding.kind, finding.evidence["signal"]) == (FindingKind.LATENCY_REGRESSION, "tail")


def test_errors_and_memory_have_kinds_of_their_own() -> None:
    fleet = Fleet()
    fleet.errors |= fleet.new & (fleet.rng.random(len(fleet.at)) < 0.2)
    fleet.memory[fleet.new] += np.log(1.4)
    kinds = {finding.kind: finding.evidence for finding in fleet.decide().findings}
    assert set(kinds) == {FindingKind.ERROR_REGRESSION, FindingKind.MEMORY_REGRESSION}
    assert kinds[FindingKind.ERROR_REGRESSION]["rise"] == pytest.approx(0.2, abs=0.05)


def test_memory_that_never_differs_and_then_does() -> None:
    """A model's bytes are the same in each session: no vote's noise says how large the rise is."""
    fleet = Fleet()
    fleet.memory[:] = 16.0
    fleet.memory[fleet.new & fleet.where(backend="webgl")] += np.log(1.3)
    (finding,) = fleet.decide().findings
    assert (finding.kind, finding.evidence["scopes"]) == (
        FindingKind.MEMORY_REGRESSION,
        [{"backend": "webgl"}],
    )


def test_a_browser_version_is_found_across_releases() -> None:
    fleet = Fleet()
    newer = (fleet.at > NOW.timestamp() - 6 * DAY_S) & (fleet.rng.random(len(fleet.at)) < 0.5)
    fleet.facts["browser_major"][newer] = 131
    (finding,) = fleet.slow(newer, 1.6).decide().findings
    assert (finding.evidence["axis"], finding.evidence["version"]) == ("browser_major", "131")
    assert finding.cohort.release == Every.ANY
    assert finding.cohort.scope == "browser=chromium,browser_major=131"


def newer_in_half(fleet: Fleet, days: float) -> Array:
    """Half of the sessions since then: pages that are told to load something newer, in all releases."""
    return (fleet.at > NOW.timestamp() - days * DAY_S) & (fleet.rng.random(len(fleet.at)) < 0.5)


def test_a_version_of_the_inference_library_is_found_across_releases() -> None:
    fleet = Fleet()
    newer = newer_in_half(fleet, 6)
    fleet.facts["engine_version"][:] = "tfjs/4.9.0"  # which is older, whatever its letters say
    fleet.facts["engine_version"][newer] = "tfjs/4.22.0"
    (finding,) = fleet.slow(newer, 1.6).decide().findings
    assert (finding.evidence["axis"], finding.evidence["version"]) == ("engine_version", "tfjs/4.22.0")
    assert finding.evidence["before"] == "tfjs/4.9.0"
    assert (finding.cohort.release, finding.cohort.scope) == (Every.ANY, "engine_version=tfjs/4.22.0")
    assert "since inference library tfjs/4.22.0, compared with tfjs/4.9.0" in finding.summary


def test_versions_of_another_library_are_neither_newer_nor_older() -> None:
    """The half of the sessions that run another library is slower, and always was."""
    fleet = Fleet()
    other = fleet.where(backend="wasm-simd")
    fleet.facts["engine_version"][other] = "onnxruntime/1.30.0"
    assert fleet.slow(other, 3).decide().findings == []


def test_a_release_of_a_model_is_found_and_goes_by_when_it_came() -> None:
    fleet = Fleet()
    newer = newer_in_half(fleet, 6)
    fleet.facts["model_release"][:] = "spring"
    fleet.facts["model_release"][newer] = "autumn"
    (finding,) = fleet.slow(newer, 1.6).decide().findings
    assert (finding.evidence["axis"], finding.evidence["version"]) == ("model_release", "autumn")
    assert (finding.cohort.model, finding.cohort.scope) == ("face", "model_release=autumn")


def test_an_update_of_the_sdk_that_first_tells_versions_is_no_new_version() -> None:
    fleet = Fleet()
    newer = newer_in_half(fleet, 6)
    fleet.facts["engine_version"][~newer] = ""
    fleet.facts["model_release"][~newer] = ""
    assert fleet.decide().findings == []
    found = fleet.slow(fleet.new, 1.6).decide().findings
    assert [finding.evidence["axis"] for finding in found] == ["release"]


def test_a_release_is_as_sure_when_a_library_and_a_model_came_with_it() -> None:
    told = []
    for comes_along in (False, True):
        fleet = Fleet(n=8000, released_days_ago=4)
        if comes_along:
            fleet.facts["engine_version"][fleet.new] = "tfjs/4.30.0"
            fleet.facts["model_release"][fleet.new] = "v2"
        (finding,) = fleet.slow(fleet.new, 1.1).decide().findings
        told.append([finding.evidence[name] for name in ("axis", "version", "ratio", "log_e", "scopes")])
    assert told[0] == told[1]


def test_a_library_that_came_with_the_release_is_told_as_one_finding() -> None:
    fleet = Fleet()
    fleet.facts["engine_version"][fleet.new] = "tfjs/4.23.0"
    (finding,) = fleet.slow(fleet.new, 1.6).decide().findings
    assert finding.evidence["axis"] in ("release", "engine_version")


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("tfjs/4.9.0", "tfjs/4.22.0"),
        ("tfjs/4.22.0-rc.1", "tfjs/4.22.0"),
        ("tfjs/4.22.0-rc.2", "tfjs/4.22.0-rc.10"),
        ("onnxruntime/1.29", "onnxruntime/1.29.1"),
        ("litert/2.5.3", "litert/10"),
    ],
)
def test_versions_with_dots_are_ordered_as_numbers(older: str, newer: str) -> None:
    fleet = Fleet(n=200)
    fleet.facts["engine_version"][::2] = newer
    fleet.facts["engine_version"][1::2] = older
    axis = next(axis for axis in AXES if axis.name == "engine_version")
    assert order_axis(axis, fleet.votes(), {}).label == [[older, newer]]


def test_a_day_without_a_new_version_is_found_once_it_has_lasted() -> None:
    fleet = Fleet(released_days_ago=12)
    slow = fleet.at > NOW.timestamp() - 2.4 * DAY_S
    (finding,) = fleet.slow(slow, 1.6).decide().findings
    assert (finding.evidence["axis"], finding.evidence["version"]) == ("day", "2026-11-16")
    held = fleet.decide(lasting_hours_without_version=24 * 4)
    # Of predictions, and of the frames that wait for them.
    assert (held.findings, dict(held.held_back)) == ([], {"too_soon": 2})


def test_a_mix_that_shifts_is_no_regression() -> None:
    """The release reaches the slowest machines first."""
    fleet = Fleet(n=8000)
    fast = ~fleet.where(gpu="mali-g7") & (fleet.rng.random(len(fleet.at)) < 0.9)
    fleet.facts["release"][fleet.new & fast] = "1.0"
    assert fleet.decide().findings == []


def test_one_machine_that_comes_very_often_is_no_regression() -> None:
    fleet = Fleet()
    rows = fleet.new & fleet.where(gpu="adreno-6xx", backend="webgl", memory_gb=4)
    fleet.add(300, rows, 5.5, since_days=1.9, until_days=0.0)
    decision = fleet.decide()
    assert decision.findings == []
    assert sum(decision.held_back.values()) >= 1


def test_what_went_away_by_itself_is_no_regression() -> None:
    fleet = Fleet(released_days_ago=3)
    age = (NOW.timestamp() - fleet.at) / DAY_S
    decision = fleet.slow((age < 2.9) & (age > 2.5), 4).decide()
    assert decision.findings == []


def test_what_had_begun_before_the_release_is_not_blamed_on_it() -> None:
    fleet = Fleet(n=6000, released_days_ago=1.8)
    fleet.slow(fleet.at > NOW.timestamp() - 2.5 * DAY_S, 1.6)
    (finding,) = fleet.decide().findings
    assert (finding.evidence["axis"], finding.evidence["version"]) == ("any_version", "2026-11-16")
    assert (finding.cohort.release, finding.cohort.scope) == (Every.ANY, "since=2026-11-16")
    assert "in all versions" in finding.summary


def test_a_few_hours_of_trouble_do_not_make_a_release_slow() -> None:
    fleet = Fleet(n=12_000, released_days_ago=1.0)
    hours = (NOW.timestamp() - fleet.at) / 3600
    decision = fleet.slow((hours < 11) & (hours > 8), 3).decide()
    assert decision.findings == []


def test_a_finding_keeps_its_id_is_seen_again_and_ends_with_the_release_that_mends_it() -> None:
    fleet = Fleet(n=6000, released_days_ago=3)
    age = (NOW.timestamp() - fleet.at) / DAY_S
    mended = age < 1
    slow = fleet.new & ~mended
    fleet.slow(slow, 2)
    before = fleet.votes().take(~mended)
    assert len(before)
    day_ago = NOW - timedelta(days=1)
    early = Fleet(n=6000, released_days_ago=3)
    early.slow(early.new, 2)
    (opened,) = early.decide(now=day_ago).findings
    (again,) = early.decide([opened], now=day_ago + timedelta(minutes=15)).findings
    assert (again.finding_id, again.opened_at) == (opened.finding_id, opened.opened_at)
    assert again.state is FindingState.OPEN
    fleet.facts["release"][fleet.new & mended] = "3.0"
    (ended,) = fleet.decide([again]).findings
    assert (ended.finding_id, ended.state) == (opened.finding_id, FindingState.RESOLVED)
    assert "are back" in ended.summary
    assert fleet.decide([ended]).findings == []


def test_a_finding_that_was_found_too_large_by_chance_goes_on_at_its_real_size() -> None:
    """What is told early is told for being larger than it is: that later votes show less is no recovery."""
    fleet = Fleet(n=8000, released_days_ago=4)
    (opened,) = fleet.slow(fleet.new, 1.3).decide().findings
    lucky = {**opened.evidence, "found": [float(np.log(2.2)), float(np.log(1.25))]}
    (again,) = fleet.decide([opened.model_copy(update={"evidence": lucky})]).findings
    assert (again.finding_id, again.state) == (opened.finding_id, FindingState.OPEN)


def test_a_finding_ends_when_nobody_comes_and_when_what_was_before_is_gone() -> None:
    fleet = Fleet()
    (opened,) = fleet.slow(fleet.new, 2).decide().findings
    silent = fleet.decide([opened], now=NOW + timedelta(hours=49)).findings
    assert [(each.state, "no session for 48 hours" in each.summary) for each in silent] == [
        (FindingState.RESOLVED, True)
    ]
    (normal,) = fleet.only(fleet.new).decide([opened]).findings
    assert (normal.state, "older than 14 days" in normal.summary) == (FindingState.RESOLVED, True)


def test_the_same_votes_in_another_order_give_the_same_findings() -> None:
    fleet = Fleet()
    fleet.slow(fleet.new & fleet.where(backend="webgl"), 1.7)
    found = fleet.decide().findings
    assert fleet.only(fleet.rng.permutation(len(fleet.at))).decide().findings == found


def test_no_votes_at_all() -> None:
    assert Fleet(n=0).decide().findings == []
    assert Fleet(n=1).decide().findings == []


def test_machines_that_were_never_seen_before_are_compared_as_a_whole_and_less_exactly() -> None:
    fleet = Fleet()
    fleet.facts["cores"][fleet.new] = 2
    assert fleet.slow(fleet.new, 1.1).decide().findings == []
    (finding,) = fleet.slow(fleet.new, 4).decide().findings
    assert finding.evidence["ratio_low"] > 2
