"""Pages with two models, one of which leaks: which of them is blamed?"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from benchmarks.leaks.pages import Page
from benchmarks.leaks.sessions import COHORT, points, series
from collector.contract.finding import Cohort, Finding
from collector.jobs.leaks.series import SessionSeries

PLAIN = Page(lambda _, at: np.zeros(len(at)), leaks=True)


@dataclass(frozen=True)
class Case:
    """How ``face`` and ``hands`` run, and what ``hands`` leaks each time: of the two the second by name."""

    leak: float
    pace: tuple[float, float] = (1, 1)
    """Predictions of ``face`` for each of ``hands``, from and to; drawn for each session."""
    alone: float = 0.0
    """Share of sessions in which only one of them runs, each as often."""
    varies: bool = False
    """The pace changes within a session."""

    def is_right(self, finding: Finding) -> bool:
        """Whether a finding blames the one that leaks, or says that it cannot know, where nobody can."""
        if finding.cohort.model == "hands":
            return "shared" not in finding.evidence["attribution"]
        return self.is_unknowable and "shared" in finding.evidence["attribution"]

    @property
    def is_unknowable(self) -> bool:
        """Whether both always run at one pace: memory alone cannot tell."""
        return self.pace[0] == self.pace[1] and not self.alone and not self.varies


COMPANY: dict[str, Case] = {
    "own pace": Case(1, varies=True),
    "own pace, 1 in 10": Case(0.1, varies=True),
    "another pace in each session": Case(1, pace=(0.3, 3)),
    "another pace in each session, 1 in 10": Case(0.1, pace=(0.3, 3)),
    "in step, alone in some": Case(1, alone=0.3),
    "in step, alone in some, 1 in 10": Case(0.1, alone=0.3),
    "in step": Case(1),
    "1 in 100, alone in some": Case(0.01, alone=0.3),
    "1 in 100, own pace": Case(0.01, pace=(0.3, 3), varies=True),
}


def company(random: Generator, case: Case, name: str) -> list[SessionSeries]:
    """One session: the series of each model that runs in it."""
    length = int(np.exp(random.uniform(np.log(100), np.log(5000))))
    every = np.arange(length + 1)
    ratio = np.exp(random.uniform(np.log(case.pace[0]), np.log(case.pace[1])))
    # In each third of a session the other model has a pace of its own.
    ratios = ratio * random.uniform(0.2, 3, 3) if case.varies else np.repeat(ratio, 3)
    faces = np.floor(np.cumsum(np.concatenate([[0], ratios[np.arange(length) * 3 // length]]))).astype(
        np.int64
    )
    who = random.random()
    if who < case.alone / 2:  # only the other one, which leaks nothing
        at = points(random, int(faces[-1]) or 1)
        return [series(name, _of("face"), at, np.zeros(len(at), dtype=np.int64), PLAIN)]
    held = np.floor(every * case.leak).astype(np.int64)
    at = points(random, length)
    hands = series(name, _of("hands"), at, held[at], PLAIN)
    if who < case.alone or faces[-1] < len(at):
        return [hands]
    seen = points(random, int(faces[-1]))
    then = np.minimum(np.searchsorted(faces, seen), length)
    return [series(name, _of("face"), seen, held[then], PLAIN), hands]


def _of(model: str) -> Cohort:
    return COHORT.model_copy(update={"model": model})
