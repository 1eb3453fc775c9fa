"""Session-days as columns: a row is one session on one day with one arm, one vote of a decision.

A large fleet has millions of them, of a few hundred kinds of device: what a row shares with others is a
number into a short list.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Versions, Visit

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class SessionDays:
    """Columns of shape (rows,). Of the lists, ``devices`` is sorted by key and ``arms`` by name."""

    devices: Sequence[DeviceClass]
    """Leaf classes."""
    arms: Sequence[ArmKey]
    releases: Sequence[str]
    incident_sets: Sequence[frozenset[str]]
    ability_sets: Sequence[frozenset[Backend]]
    """Backends that a device says it has."""
    version_sets: Sequence[Versions]
    device: Labels
    arm: Labels
    release: Labels
    incidents: Labels
    abilities: Labels
    versions: Labels
    predictions: Numbers
    errors: Numbers
    ready_ms: Numbers
    """NaN when no result was seen to be ready."""
    start_ms: Numbers
    """NaN when no load was reported."""
    seen_at: Numbers
    """When the first report arrived, in seconds since 1970; NaN when that is not known."""
    aged: Numbers
    """By what variance arms may have moved since, in log cost; 0 of what tells of today (``reopening``)."""

    def __len__(self) -> int:
        return len(self.device)

    @classmethod
    def of(cls, visits: Iterable[Visit]) -> Self:
        """The columns of some visits."""
        rows = list(visits)
        devices, device = _number([visit.device for visit in rows], by=lambda each: each.key)
        arms, arm = _number([visit.arm for visit in rows])
        releases, release = _number([visit.release for visit in rows])
        incident_sets, incidents = _number([visit.incidents for visit in rows], by=sorted)
        ability_sets, abilities = _number([visit.capable for visit in rows], by=sorted)
        version_sets, versions = _number([visit.versions for visit in rows])
        return cls(
            devices=devices,
            arms=arms,
            releases=releases,
            incident_sets=incident_sets,
            ability_sets=ability_sets,
            version_sets=version_sets,
            device=device,
            arm=arm,
            release=release,
            incidents=incidents,
            abilities=abilities,
            versions=versions,
            predictions=_floats(visit.predictions for visit in rows),
            errors=_floats(visit.errors for visit in rows),
            ready_ms=_floats(visit.ready_ms for visit in rows),
            start_ms=_floats(visit.start_ms for visit in rows),
            seen_at=_floats(visit.seen_at for visit in rows),
            aged=np.zeros(len(rows)),
        )

    def take(self, rows: Labels | NDArray[np.bool_]) -> Self:
        """Some of the rows. What no row names any more stays in the lists."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        lists = {name: getattr(self, name) for name in _LISTS}
        return type(self)(**lists, **columns)

    def ordered(self) -> Self:
        """The same rows in an order that does not depend on theirs: by device first, then by arm."""
        keys = (
            self.versions,
            _nan_first(self.seen_at),
            self.release,
            self.incidents,
            self.abilities,
            self.errors,
            self.predictions,
            _nan_first(self.start_ms),
            _nan_first(self.ready_ms),
            self.arm,
            self.device,
        )
        return self.take(np.lexsort(keys))


_LISTS = ("devices", "arms", "releases", "incident_sets", "ability_sets", "version_sets")
_COLUMNS = tuple(each.name for each in fields(SessionDays) if each.name not in _LISTS)


def _number(
    values: Sequence[Hashable], by: Callable[[Any], Any] = lambda each: each
) -> tuple[tuple[Any, ...], Labels]:
    """(the values that there are, sorted; the place of each among them)."""
    known = tuple(sorted(set(values), key=by))
    place = {value: index for index, value in enumerate(known)}
    return known, np.array([place[value] for value in values], dtype=np.int64)


def _floats(values: Iterable[float | None]) -> Numbers:
    return np.array([float("nan") if value is None else value for value in values], dtype=np.float64)


def _nan_first(values: Numbers) -> Numbers:
    return np.where(np.isnan(values), -1.0, values)
