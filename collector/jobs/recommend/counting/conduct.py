"""How an arm fared in some sessions and races: what the gates look at."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from collector.jobs.recommend.session_days import Labels, SessionDays
from collector.jobs.recommend.settings import RecommendSettings

NOT_STARTED = "not_started"
KILLED = "killed"
_APART = frozenset({NOT_STARTED, KILLED})
"""What gates of their own look at."""


@dataclass(frozen=True, eq=False, slots=True)
class Conduct:
    """Counts are of session-days and of races that say something of the arm."""

    sessions: int = 0
    measured: int = 0
    """Those that saw a result."""
    not_started: int = 0
    """Those where it was tried and did not start."""
    killed: int = 0
    """Those that told of a page which was killed while it started, loaded or ran the arm."""
    troubled: int = 0
    """Those with another incident while it ran."""
    kinds: frozenset[str] = frozenset()
    """Of incident."""
    error_shares: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """The share of failed predictions of each one that predicted."""
    raced: int = 0
    """Races that measured the arm."""
    excess: float = 0.0
    """Session-days beyond those that plans can have given it, and that may therefore be made up."""

    @classmethod
    def of(cls, days: SessionDays, rows: Labels) -> Self:
        """Counts rows of one arm."""
        seen = np.bincount(days.incidents[rows], minlength=len(days.incident_sets)).tolist()
        counted = [(kinds, count) for kinds, count in zip(days.incident_sets, seen, strict=True) if count]
        predictions, errors = days.predictions[rows], days.errors[rows]
        some = predictions > 0
        return cls(
            sessions=len(rows),
            measured=int((np.isfinite(days.ready_ms[rows]) & some).sum()),
            not_started=sum(count for kinds, count in counted if NOT_STARTED in kinds),
            killed=sum(count for kinds, count in counted if KILLED in kinds),
            troubled=sum(count for kinds, count in counted if kinds - _APART),
            kinds=frozenset(kind for kinds, _ in counted for kind in kinds - _APART),
            error_shares=np.minimum(1.0, errors[some] / predictions[some]),
        )

    def worth(self, settings: RecommendSettings) -> float:
        """In session-days with a result: ``min_races`` races are worth ``min_sessions``."""
        return self.measured + self.raced * max(0.0, settings.min_sessions / settings.min_races - 1)

    def __add__(self, other: "Conduct") -> "Conduct":
        return Conduct(
            sessions=self.sessions + other.sessions,
            measured=self.measured + other.measured,
            not_started=self.not_started + other.not_started,
            killed=self.killed + other.killed,
            troubled=self.troubled + other.troubled,
            kinds=self.kinds | other.kinds,
            error_shares=np.concatenate([self.error_shares, other.error_shares]),
            raced=self.raced + other.raced,
            excess=self.excess + other.excess,
        )
