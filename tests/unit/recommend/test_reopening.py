"""A committed class looks at its arms again after a change, and only then."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from collector.contract.device_class import leaf
from collector.contract.vocabulary import RaceOutcome
from collector.jobs.recommend.arms import ArmKey, Versions, Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs, Race, RacedArm
from collector.jobs.recommend.record import DecisionRecord, Reopened, read_reopened
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import format_record
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

SETTINGS = RecommendSettings()
BEST, DEFAULT = arm("wasm-simd"), arm("webgl")
OLD = Versions("130", "tfjs", "js/1.0.0")
DAY = 86400.0


def dated(group: list[Visit], first: float, last: float, **fields: object) -> list[Visit]:
    """The sessions spread over some days."""
    times = np.linspace(first * DAY, last * DAY, len(group))
    return [replace(each, seen_at=float(at), **fields) for each, at in zip(group, times, strict=True)]


def learnt(versions: Versions = OLD, release: str = "r1") -> list[Visit]:
    """Ten days of a class that is committed to wasm, which costs 10 ms where webgl costs 13."""
    best = sessions(BEST, 400, 10, seed=1)
    default = sessions(DEFAULT, 150, 13, seed=1)
    told = {"versions": versions, "release": release}
    return dated(best, 0, 9.9, **told) + dated(default, 0, 9.9, **told)


def sessions(which: ArmKey, count: int, ready_ms: float, *, seed: int) -> list[Visit]:
    """Of devices that have two backends."""
    capable = frozenset({BEST.backend, DEFAULT.backend})
    return visits(which, count, ready_ms, spread=0.4, seed=seed, capable=capable)


def committed(places: bool = True) -> dict[str, ArmKey]:
    return {place.key: BEST for place in LINUX.ancestors()} if places else {}


def play(
    *groups: list[Visit],
    incumbents: Mapping[str, ArmKey] | None = None,
    reopened: Mapping[str, Reopened] | None = None,
    races: list[Race] | None = None,
) -> dict[str, DecisionRecord]:
    given: ModelInputs = inputs(
        *groups,
        incumbents=dict(committed() if incumbents is None else incumbents),
        reopened=dict(reopened or {}),
        races=races or [],
        days=12,
    )
    return {record.device_class: record for record in decide(given, SETTINGS)}


def next_run(records: Mapping[str, DecisionRecord]) -> tuple[dict[str, ArmKey], dict[str, Reopened]]:
    """What the next run knows of these."""
    chosen = {
        key: ArmKey(*each.recommended)
        for key, each in records.items()
        if each.state == "committed" and each.recommended
    }
    stored = {key: read_reopened(each.to_json()) for key, each in records.items()}
    return chosen, {key: each for key, each in stored.items() if each is not None}


def test_without_a_change_a_commitment_stays() -> None:
    after = dated(sessions(BEST, 60, 10, seed=2), 10, 12, versions=OLD, release="r1")
    record = play(learnt(), after)[LINUX.key]
    assert (record.state, record.reopened) == ("committed", None)


def slowed(count: int = 60, first: float = 10, last: float = 12) -> list[Visit]:
    return dated(sessions(BEST, count, 18, seed=3), first, last, versions=OLD, release="r1")


def test_a_drift_opens_the_class_and_the_record_says_so() -> None:
    records = play(learnt(), slowed())
    record = records[LINUX.key]
    assert record.state == "exploring"
    assert record.reopened is not None
    (change,) = record.reopened.changes
    assert change.why == "drift"
    assert change.since.timestamp() == pytest.approx(10 * DAY, abs=DAY / 5)
    assert record.reopened.incumbent == BEST
    assert record.recommended == BEST  # what is best known, until something is known to be better
    shares = {share.backend: share.probability for share in record.propensities}
    assert shares["webgl"] > SETTINGS.holdback
    assert "It looks at its arms again: since 1970-01-1" in record.reason
    assert "wasm-simd costs 1." in format_record(record)
    assert all(each.state != "committed" for each in records.values())


def test_an_open_class_stays_open_until_its_arms_ran_again_and_then_commits_to_the_better_one() -> None:
    first = play(learnt(), slowed())
    chosen, reopened = next_run(first)
    assert chosen == {}
    again = play(learnt(), slowed(), incumbents=chosen, reopened=reopened)
    assert again[LINUX.key].state == "exploring"
    assert again[LINUX.key].reopened == first[LINUX.key].reopened
    tried = dated(sessions(DEFAULT, 150, 11, seed=4), 12, 13, versions=OLD, release="r1")
    more = slowed(100, 12, 13)
    chosen, reopened = next_run(again)
    settled = play(learnt(), slowed(), tried, more, incumbents=chosen, reopened=reopened)
    assert settled[LINUX.key].state == "committed"
    assert settled[LINUX.key].recommended == DEFAULT
    chosen, reopened = next_run(settled)
    # Nothing opens it again: what came before the drift is not looked at any more.
    later = play(learnt(), slowed(), tried, more, incumbents=chosen, reopened=reopened)
    assert later[LINUX.key].state == "committed"
    assert later[LINUX.key].recommended == DEFAULT


def test_a_drift_is_forgotten_once_its_sessions_have_left_the_lookback() -> None:
    _, reopened = next_run(play(learnt(), slowed()))
    record = play(slowed(100, 12, 13), incumbents={}, reopened=reopened)[LINUX.key]
    assert record.reopened is None


NEW = {
    "browser": (OLD._replace(browser="131"), "r1", "chromium 131"),
    "engine": (OLD._replace(engine="litert"), "r1", "the library litert"),
    "sdk": (OLD._replace(sdk="js/1.1.0"), "r1", "SDK js/1.1.0"),
    "release": (OLD, "r2", "release r2"),
}


@pytest.mark.parametrize("kind", NEW)
def test_a_new_version_opens_the_class_which_keeps_its_arm(kind: str) -> None:
    versions, release, name = NEW[kind]
    now = {"versions": versions, "release": release}
    after = dated(sessions(BEST, 80, 10, seed=5), 10, 11, **now)
    first = play(learnt(), after)
    record = first[LINUX.key]
    assert record.state == "exploring"
    assert record.recommended == BEST
    assert record.reopened is not None
    assert [change.what for change in record.reopened.changes] == [f"most visitors run {name}"]
    # A few sessions of the other arm that agree are enough.
    agreeing = dated(sessions(DEFAULT, 25, 13, seed=6), 11, 12, **now)
    chosen, reopened = next_run(first)
    settled = play(learnt(), after, agreeing, incumbents=chosen, reopened=reopened)
    assert settled[LINUX.key].state == "committed"
    assert settled[LINUX.key].recommended == BEST
    chosen, reopened = next_run(settled)
    assert chosen[LINUX.key] == BEST
    assert (
        play(learnt(), after, agreeing, incumbents=chosen, reopened=reopened)[LINUX.key].state == "committed"
    )


def test_a_drift_on_one_kind_of_device_leaves_the_others_alone() -> None:
    phone = leaf({"form": "phone", "os": "android", "browser": "chromium", "gpu": "adreno-6"})
    told = {"versions": OLD, "release": "r1", "device": phone}
    steady = dated(sessions(BEST, 500, 10, seed=11), 0, 12, **told)
    rival = dated(sessions(DEFAULT, 150, 13, seed=12), 0, 12, **told)
    chosen = committed() | {place.key: BEST for place in phone.ancestors()}
    records = play(learnt(), slowed(), steady, rival, incumbents=chosen)
    assert records[LINUX.key].state == "exploring"
    assert (records[phone.key].state, records[phone.key].reopened) == ("committed", None)


def test_a_class_that_has_kept_its_arm_does_not_waver_for_want_of_sessions() -> None:
    now = {"versions": OLD._replace(browser="131"), "release": "r1"}
    told = {"versions": OLD, "release": "r1"}
    far = dated(sessions(DEFAULT, 80, 100, seed=1), 0, 9.9, **told)
    best = dated(sessions(BEST, 400, 10, seed=1), 0, 9.9, **told)
    # Most of the fleet runs the new version; of this class hardly anybody has come since.
    other = leaf({"form": "desktop", "os": "windows", "browser": "chromium", "gpu": "nvidia"})
    fleet = dated(sessions(BEST, 200, 10, seed=3), 10, 11, **now, device=other)
    few = dated(sessions(BEST, 6, 10, seed=5), 10.5, 11, **now)
    chosen, reopened = committed(), {}
    for _ in range(3):
        records = play(best, far, fleet, few, incumbents=chosen, reopened=reopened)
        assert (records[LINUX.key].state, records[LINUX.key].recommended) == ("committed", BEST)
        assert records[LINUX.key].reopened is not None
        chosen, reopened = next_run(records)


def raced(count: int, first: float, last: float, times: Mapping[ArmKey, float], seed: int) -> list[Race]:
    random = np.random.default_rng(seed)
    return [
        Race(
            device=LINUX,
            arms={
                key: RacedArm(RaceOutcome.MEASURED, ready_ms=ms * random.lognormal(0, 0.15), start_ms=0.0)
                for key, ms in times.items()
            },
            session=f"race-{seed}-{number}",
            day=date(1970, 1, 1),
            arrived=datetime.fromtimestamp(float(at) * DAY, UTC),
        )
        for number, at in enumerate(np.linspace(first, last, count))
    ]


def test_races_from_before_a_drift_do_not_decide_and_a_dozen_after_it_do() -> None:
    before = raced(20, 0, 9.9, {BEST: 10.0, DEFAULT: 13.0}, seed=1)
    first = play(learnt(), slowed(), races=before)
    assert first[LINUX.key].state == "exploring"
    assert first[LINUX.key].race is not None
    chosen, reopened = next_run(first)
    again = play(learnt(), slowed(), races=before, incumbents=chosen, reopened=reopened)
    assert again[LINUX.key].state == "exploring"
    after = raced(14, 11, 12, {BEST: 18.0, DEFAULT: 13.0}, seed=2)
    settled = play(learnt(), slowed(), races=[*before, *after], incumbents=chosen, reopened=reopened)
    assert settled[LINUX.key].state == "committed"
    assert settled[LINUX.key].recommended == DEFAULT


def test_an_arm_that_was_far_behind_is_not_asked_again() -> None:
    told = {"versions": OLD, "release": "r1"}
    far = dated(sessions(DEFAULT, 80, 100, seed=1), 0, 10, **told)
    best = dated(sessions(BEST, 400, 10, seed=1), 0, 10, **told)
    after = dated(sessions(BEST, 80, 10, seed=5), 10, 11, versions=OLD._replace(browser="131"), release="r1")
    record = play(best, far, after)[LINUX.key]
    assert (record.state, record.recommended) == ("committed", BEST)


def test_a_page_of_which_each_commit_is_a_release_does_not_start_anew_with_each() -> None:
    days = [
        dated(sessions(BEST, 40, 10, seed=day), day, day + 1, versions=OLD, release=f"r{day}")
        for day in range(12)
    ]
    default = [
        dated(sessions(DEFAULT, 8, 14, seed=day), day, day + 1, versions=OLD, release=f"r{day}")
        for day in range(12)
    ]
    last = dated(sessions(BEST, 80, 10, seed=99), 12, 13, versions=OLD, release="r12")
    assert play(*days, *default, last)[LINUX.key].reopened is None


def test_a_mix_of_versions_is_none_that_is_new() -> None:
    mixed = [
        replace(each, versions=OLD._replace(browser=str(130 + number % 2)))
        for number, each in enumerate(learnt())
    ]
    assert play(mixed)[LINUX.key].reopened is None


def test_a_minority_cannot_have_a_class_look_again() -> None:
    after = dated(sessions(BEST, 90, 10, seed=5), 10, 11, versions=OLD, release="r1")
    liars = dated(sessions(BEST, 20, 10, seed=6), 10, 11, versions=OLD._replace(sdk="x"), release="r9")
    record = play(learnt(), after, liars)[LINUX.key]
    assert (record.state, record.reopened) == ("committed", None)


def test_older_sdks_that_say_nothing_change_nothing() -> None:
    untold = [replace(each, versions=Versions(), release="", seen_at=None) for each in learnt()]
    record = play(untold)[LINUX.key]
    assert (record.state, record.reopened) == ("committed", None)
