"""How soon a class commits, and how often to the wrong arm, looked at after every session."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

import numpy as np

from benchmarks.recommend.worlds import DEVICE, Costs, inputs, races, sessions
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.committing.verdict import Contest, find_winner
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.settings import RecommendSettings

DEFAULT, RIVAL, THIRD = Backend.WEBGL, Backend.WASM_SIMD, Backend.WEBGPU
SETTINGS = RecommendSettings()
BASE_MS = 20.0
Until = Callable[[int], ModelInputs]


def committed_arm(given: ModelInputs) -> ArmKey | None:
    """What the leaf class commits to."""
    record = next(each for each in decide(given, SETTINGS) if each.device_class == DEVICE.key)
    committed = record.state == "committed" and record.recommended is not None
    return ArmKey(*record.recommended) if committed and record.recommended else None


def may_commit(given: ModelInputs) -> bool:
    """Whether some arm is surely ahead: without that no class commits, and ``decide`` need not be asked.

    All arms pass their gates here, so that this is a part of what ``decide`` does, at a tenth of its time.
    """
    votes = Votes(given.visits, SETTINGS, given.races)
    habits = votes.habits(DEVICE)
    contest = Contest(
        votes.strata(votes.layout(DEVICE), habits),
        SETTINGS.error / max(1, len(votes.arms) - 1),
        SETTINGS,
        votes.raced.strata(DEVICE, None, habits, votes.arms),
    )
    return find_winner(contest.with_at_least(SETTINGS.min_sessions), votes.arms, None)[0] is not None


def looks(most: int, first: int) -> list[int]:
    """After every session up to 60, then after every 3 % more, so that a figure is at most 3 % too high."""
    return sorted(
        {*range(first, min(most, 60) + 1), *(int(n) for n in np.geomspace(60, max(most, 60), 120)), most}
    )


def first_commitment(until: Until, most: int, first: int) -> tuple[int, ArmKey] | None:
    """(sessions or races an arm, the arm) when the class first commits."""
    for n in looks(most, first):
        given = until(n)
        arm = committed_arm(given) if may_commit(given) else None
        if arm is not None:
            return n, arm
    return None


def unpaired(gap: float, most: int, seed: int) -> tuple[int, ArmKey] | None:
    """Sessions of two arms, the same number of each."""
    random = np.random.default_rng([seed, int(gap * 100)])
    costs = {DEFAULT: BASE_MS * gap, RIVAL: BASE_MS}
    drawn = {backend: sessions(costs, backend, most, random) for backend in costs}
    return first_commitment(_of_each(drawn), most, SETTINGS.min_sessions)


def _of_each(drawn: Mapping[Backend, Sequence[Visit]]) -> Until:
    """The first ``n`` sessions of each arm."""
    return lambda n: inputs([each for own in drawn.values() for each in own[:n]], DEFAULT)


def paired(gap: float, most: int, seed: int) -> tuple[int, ArmKey] | None:
    """Races of two arms, beside the sessions of the default that a fleet has before it races."""
    random = np.random.default_rng([seed, int(gap * 100), 1])
    costs = {DEFAULT: BASE_MS * gap, RIVAL: BASE_MS}
    before = sessions(costs, DEFAULT, SETTINGS.min_sessions, random)
    raced = races(costs, most, random)
    return first_commitment(lambda n: inputs(before, DEFAULT, raced=raced[:n]), most, 2)


def commit_n(play: Callable[[float, int, int], tuple[int, ArmKey] | None], gap: float, seeds: int) -> float:
    """The median number an arm until the commitment; infinite when most runs do not get there."""
    found = [play(gap, 600, seed) for seed in range(seeds)]
    return float(median(n[0] if n else float("inf") for n in found))


def wrong_commits(fleets: Iterable[int], classes: int, most: int) -> int:
    """In how many of some fleets any class ever commits to an arm that costs over 2 % more than its best.

    Half of the classes have equal arms but for 3 % and half a gap of 20 %: both are hard to tell.
    """
    return sum(_errs(fleet, classes, most) for fleet in fleets)


def _errs(fleet: int, classes: int, most: int) -> bool:
    for number in range(classes):
        gap = 1.03 if number % 2 else 1.2
        random = np.random.default_rng([fleet, number, 2])
        costs: Costs = {DEFAULT: BASE_MS, RIVAL: BASE_MS * gap, THIRD: BASE_MS * gap}
        drawn = {backend: sessions(costs, backend, most, random) for backend in costs}
        found = first_commitment(_of_each(drawn), most, SETTINGS.min_sessions)
        if found is not None and costs[found[1].backend] > 1.02 * BASE_MS:
            return True
    return False
