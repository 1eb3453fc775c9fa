"""A claim that is another name for the same sessions, and one that slower predictions explain."""

import numpy as np
import pytest

from collector.contract.finding import FindingKind
from collector.jobs.regressions.causes import as_carrier, is_slower_predictions
from collector.jobs.regressions.claims import BY_NAME, Claim
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.signals import SIGNALS
from collector.jobs.regressions.trial import Trial, make_trial
from tests.unit.regressions.fleets import Array, Fleet

RELEASES = {"shop": ["1.0", "2.0"]}


def tried(fleet: Fleet, signal: str, axis: str, version: str) -> tuple[Trial, Look]:
    look = Look.at(fleet.votes(), RELEASES, SIGNALS)
    trial = make_trial(Claim("shop", BY_NAME[signal], axis, version, scopes=((),)), look)
    assert trial is not None
    return trial, look


def with_library(newer: Array, fleet: Fleet) -> Fleet:
    fleet.facts["engine_version"][newer] = "tfjs/4.23.0"
    return fleet.slow(newer, 1.6)


def test_a_library_that_a_release_brought_is_told_as_the_release() -> None:
    fleet = Fleet()
    stale = fleet.rng.random(len(fleet.at)) < 0.02  # of which the library was not told yet
    trial, look = tried(with_library(fleet.new & ~stale, fleet), "ready", "engine_version", "tfjs/4.23.0")
    told = as_carrier(trial, look).claim
    assert (told.axis, told.version, told.scopes) == ("release", "2.0", ((),))
    (finding,) = fleet.decide().findings
    assert (finding.evidence["axis"], finding.evidence["version"]) == ("release", "2.0")


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_library_that_a_part_of_a_release_loads_keeps_its_name(share: float) -> None:
    fleet = Fleet()
    newer = fleet.new & (fleet.rng.random(len(fleet.at)) < share)
    trial, look = tried(with_library(newer, fleet), "ready", "engine_version", "tfjs/4.23.0")
    assert as_carrier(trial, look) is trial


def test_the_first_release_of_all_is_nothing_to_compare_with() -> None:
    fleet = Fleet(released_days_ago=-1)
    newer = fleet.at > np.median(fleet.at)
    trial, look = tried(with_library(newer, fleet), "ready", "engine_version", "tfjs/4.23.0")
    assert as_carrier(trial, look) is trial


def test_frames_that_wait_for_predictions_are_told_from_those_that_wait_for_the_page() -> None:
    fleet = Fleet()
    trial, _ = tried(fleet.slow(fleet.new, 2), "frame", "release", "2.0")
    assert trial.claim.kind is FindingKind.FRAME_RATE_REGRESSION
    assert is_slower_predictions(trial)
    both = Fleet()
    both.gap[both.new] += np.log(4)
    trial, _ = tried(both.slow(both.new, 1.2), "frame", "release", "2.0")
    assert not is_slower_predictions(trial)


def test_slower_predictions_themselves_are_no_frames() -> None:
    fleet = Fleet()
    trial, _ = tried(fleet.slow(fleet.new, 2), "ready", "release", "2.0")
    assert not is_slower_predictions(trial)
