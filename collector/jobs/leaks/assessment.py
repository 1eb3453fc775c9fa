"""What the votes of a cohort add up to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.comparison import ReleaseComparison, compare_releases
from collector.jobs.leaks.course import Course, read_course
from collector.jobs.leaks.measurement import threshold_of
from collector.jobs.leaks.pooling import Pool
from collector.jobs.leaks.proportion import wilson_lower
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.vote import Vote

Key = tuple[FindingKind, Cohort]

MOST_OTHER_MODELS = 8
"""Named in the evidence and in the summary: pages make up names, and a person reads them."""


class Verdict(StrEnum):
    """What a cohort's sessions say. Between leaking and clean there is room, so that findings do not flap."""

    LEAKING = "leaking"
    CLEAN = "clean"
    UNDECIDED = "undecided"


class Slopes(BaseModel):
    """Growth per prediction, or load, of the leaking sessions; of all if a comparison opened the finding."""

    model_config = ConfigDict(frozen=True)

    p25: float
    median: float
    p75: float


class Assessment(BaseModel):
    """The evidence on one signal of one cohort. No session is named: figures are enough."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    signal: FindingKind = Field(description="What grew, named by the kind of its own")
    sessions: int = Field(description="Sessions that voted, the newest ones")
    leaking: int = Field(description="Those of them that leak")
    share: float = Field(description="leaking / sessions")
    share_lower: float = Field(description="95 % lower bound of the share (Wilson)")
    slope: Slopes
    per_minute: float | None = Field(
        default=None,
        description="Median growth per minute that the model was watched; None where nobody knows, and for "
        "growth per load",
    )
    growth_median: float = Field(description="Median growth over a session")
    predictions_median: int | None = Field(
        description="Median predictions that a vote rests on; None for growth per load"
    )
    loads_median: int | None = Field(
        description="Median models of the name that were loaded and out of use, with growth per load"
    )
    regressed: bool = Field(description="The release before grew significantly less")
    before: ReleaseComparison | None = Field(
        description="The release before, when this one grows and it has enough sessions that can be compared"
    )
    course: Course | None = Field(
        description="Whether growth goes on in the longest sessions; None with too few of them"
    )
    ends: bool = Field(
        description="So many sessions look like a leak, and it ends in the longest ones: it is none"
    )
    attribution: dict[str, int] = Field(description="Leaking sessions by how the model was told from others")
    other_models: dict[str, int] = Field(
        description="Models that ran in leaking sessions too, the most frequent, with sessions"
    )
    where: str = Field(
        default="",
        description="The kind of device that leaks, where the cohort as a whole does not; the figures are of "
        "its sessions",
    )
    pool: Pool | None = Field(
        default=None,
        description="How the longer sessions grow together, where that is what opened the finding",
    )
    last_session_at: datetime


def assess(
    key: Key, newest: Mapping[Key, list[Vote]], releases: Sequence[str], settings: LeakSettings
) -> Assessment:
    """What the newest votes of a cohort (``newest[key]``, at least one) say, beside those of other releases.

    ``releases`` are the app's, the first seen first.
    """
    votes = newest[key]
    leaking = [vote for vote in votes if vote.leaking]
    # A model's library counts tensors or it does not: only a change of library within a release tells both.
    signal = Counter(vote.signal for vote in leaking or votes).most_common(1)[0][0]
    lower = wilson_lower(len(leaking), len(votes))
    alike = [vote for vote in votes if vote.signal is signal]
    shown = [vote for vote in alike if vote.leaking] or alike
    slopes = quartiles([vote.growth.slope for vote in shown])
    growth_median = float(np.median([vote.growth.growth for vote in shown]))
    course = read_course([vote.growth for vote in alike], [vote.growth for vote in shown])
    ends = lower >= settings.min_share and course is not None and course.stops(slopes.median)
    grows = course is not None and course.goes_on and course.steady and not course.stops(slopes.median)
    # The rank test takes a millisecond or two: a cohort that does not grow is not compared.
    before = _compare(key, newest, releases, settings) if leaking or grows else None
    regressed = (
        before is not None
        and grows
        and min(before.compared, before.sessions) >= settings.regression_sessions
        and before.p_value < settings.regression_p
        and before.slope_shift >= threshold_of(key[0], signal, settings).min_slope
    )
    span = int(np.median([vote.growth.span for vote in shown]))
    per_load = key[0] is FindingKind.LOAD_LEAK
    return Assessment(
        verdict=_judge(
            len(leaking),
            len(votes),
            by_votes=lower >= settings.min_share and (course is None or course.goes_on),
            otherwise=regressed,
            ends=ends,
            settings=settings,
        ),
        signal=signal,
        sessions=len(votes),
        leaking=len(leaking),
        share=len(leaking) / len(votes),
        share_lower=round(lower, 6),
        slope=slopes,
        per_minute=None if per_load else per_minute(shown),
        growth_median=growth_median,
        predictions_median=None if per_load else span,
        loads_median=span if per_load else None,
        regressed=regressed,
        before=before,
        course=course,
        ends=ends,
        attribution=dict(sorted(Counter(str(vote.attribution) for vote in leaking).items())),
        other_models=company(leaking),
        last_session_at=max(vote.last_at for vote in votes),
    )


def company(votes: Iterable[Vote]) -> dict[str, int]:
    """Other models of these votes' sessions and in how many they were, by name; the most frequent ones."""
    counted = Counter(name for vote in votes for name in vote.other_models)
    most = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MOST_OTHER_MODELS]
    return dict(sorted(most))


def per_minute(votes: Sequence[Vote]) -> float | None:
    """Median growth per minute of use; None where nobody knows how long sessions were."""
    paces = [vote.growth.slope * vote.pace for vote in votes if vote.pace > 0]
    return round(float(np.median(paces)), 6) if paces else None


def quartiles(slopes: Sequence[float]) -> Slopes:
    """The middle half of some sessions' slopes."""
    p25, median, p75 = np.quantile(slopes, [0.25, 0.5, 0.75]).tolist()
    return Slopes(p25=round(p25, 6), median=round(median, 6), p75=round(p75, 6))


def _judge(
    leaking: int, sessions: int, *, by_votes: bool, otherwise: bool, ends: bool, settings: LeakSettings
) -> Verdict:
    if sessions < settings.min_sessions:
        return Verdict.UNDECIDED
    if ends:  # whatever short sessions look like
        return Verdict.CLEAN
    if by_votes or otherwise:
        return Verdict.LEAKING
    return Verdict.CLEAN if leaking / sessions < settings.min_share else Verdict.UNDECIDED


def _compare(
    key: Key, newest: Mapping[Key, list[Vote]], releases: Sequence[str], settings: LeakSettings
) -> ReleaseComparison | None:
    kind, cohort = key
    earlier = list(releases)[: list(releases).index(cohort.release)] if cohort.release in releases else []
    for release in reversed(earlier):
        votes = newest.get((kind, cohort.model_copy(update={"release": release})), [])
        if len(votes) < settings.min_sessions:
            continue
        comparison = compare_releases(release, newest[key], votes)
        if comparison is not None:
            return comparison
    return None
