"""The parts of ``make bench-recommend`` that a figure could hide a fault in."""

import numpy as np
import pytest

from benchmarks.recommend import gates, peers
from benchmarks.recommend.commit import DEFAULT, RIVAL, committed_arm, may_commit
from benchmarks.recommend.played import Played
from benchmarks.recommend.worlds import inputs, sessions
from collector.contract.vocabulary import Backend


@pytest.mark.parametrize("gap", [1.0, 1.6])
def test_what_is_not_asked_of_decide_would_not_have_been_a_commitment(gap: float) -> None:
    random = np.random.default_rng(5)
    costs = {DEFAULT: 20.0 * gap, RIVAL: 20.0}
    drawn = {backend: sessions(costs, backend, 120, random) for backend in costs}
    given = [
        inputs([each for own in drawn.values() for each in own[:n]], DEFAULT) for n in range(20, 120, 20)
    ]
    assert [may_commit(each) for each in given] == [committed_arm(each) is not None for each in given]


def test_a_violated_gate_would_be_counted() -> None:
    honest = gates.World()
    assert gates._play(honest, 1) > 0  # nothing is wrong with the tempting arm: it is recommended
    assert gates._play(gates.WORLDS["errors"], 1) == 0


def test_each_policy_is_played_on_the_same_sessions() -> None:
    costs = peers.WORLDS["usual"]
    assert peers._took(costs, 3, 7) == peers._took(costs, 3, 7)
    assert peers._bandit(peers.POLICIES["default"])(costs, 1) == pytest.approx(1.0)
    assert peers._bandit(peers.POLICIES["thompson"])(costs, 1) < 0.5


def test_a_played_class_starts_on_the_default() -> None:
    played = Played(peers.WORLDS["usual"], Backend.WEBGL)
    assert [(arm.backend, share) for arm, share in played.plan().items()] == [(Backend.WEBGL, 1.0)]
