"""Reads what the last decisions about an app's models show of their arms.

The records of the run before have it, so that models are still read one after the other, and no telemetry is
read twice. What one model lends another is as old as the last run: a quarter of an hour.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from collector.contract.vocabulary import ORIGINAL, Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.lessons import Lesson, Normal
from collector.jobs.recommend.record import DecisionRecord, Shown


class _Arm(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    backend: Backend
    variant: str
    passed: bool


class _Kept(BaseModel):
    """The part of a stored record that is lent. Records from before there was one have nothing to lend."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    default: tuple[Backend, str] | None = None
    arms: list[_Arm] = []
    sessions_a_day: float = 0.0
    shows: list[Shown] = []
    borrowed_from: list[str] = []


def read_lent(rows: Iterable[Mapping[str, Any]], *, since: datetime) -> dict[str, dict[str, Lesson]]:
    """Model -> class key -> lesson, of the newest records that are not older than ``since``."""
    found: dict[str, dict[str, Lesson]] = defaultdict(dict)
    for row in rows:
        if row["decided_at"] >= since:
            found[row["model"]][row["device_class"]] = _lesson(_Kept.model_validate_json(row["record"]))
    return dict(found)


def lesson_of(record: DecisionRecord) -> Lesson:
    """What a record lends."""
    return _lesson(record)


def _lesson(record: _Kept | DecisionRecord) -> Lesson:
    originals = [arm for arm in record.arms if arm.variant == ORIGINAL]
    return Lesson(
        effects={ArmKey(each.backend, ORIGINAL): Normal(each.mean, each.variance) for each in record.shows},
        sessions=record.sessions_a_day,
        default=record.default[0] if record.default else None,
        passed=frozenset(arm.backend for arm in originals if arm.passed),
        borrowed=bool(record.borrowed_from),
    )
