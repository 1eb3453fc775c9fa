"""What a model does not take for granted any more: evidence from before a change.

A change is a drift of an arm's cost, or a new version that most visitors run. Session-days from before do not
decide (``Votes``), but lend what they say of the arms to those after, less surely. A drift that was seen once
stays in the record until its session-days have left the lookback: it is not looked for anew, so that a class
does not open and close again with every visit.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import EVERYWHERE, DeviceClass, parse
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.inputs import ModelInputs, Race
from collector.jobs.recommend.record import Change, Reopened
from collector.jobs.recommend.session_days import Labels, SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.watching.drift import find_change
from collector.jobs.recommend.watching.versions import NewVersion, new_versions

DRIFT_SD = 0.5
"""By what factor, e^DRIFT_SD, arms' standings may have moved when the cost of one drifted."""
VERSION_SD = 0.15
MOSTLY = 0.5
"""A class looks again when a change makes old this share of what it ran before."""
NEWEST_OF_CLASS = 1000
"""Session-days of an arm that are looked at for a drift in one class."""
_LABELS = {"browser": "", "engine": "the library ", "sdk": "SDK ", "release": "release "}
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cause:
    """A change, and what it makes old."""

    change: Change
    place: DeviceClass
    version: NewVersion | None = None

    @property
    def deviation(self) -> float:
        """By how much, as a logarithm, arms may have moved with it."""
        return DRIFT_SD if self.version is None else VERSION_SD

    def covers(self, days: SessionDays) -> Mask:
        """The session-days that it makes old."""
        if self.version is not None:
            return self.version.covers(days)
        return _within(days, self.place) & (days.seen_at < self.change.since.timestamp())

    def covers_race(self, race: Race) -> bool:
        """Whether it makes a race old. Races do not say which versions they ran on, only when."""
        early = race.arrived is not None and race.arrived < self.change.since
        inside = self.place in race.device.ancestors()
        return early and inside and (self.version is None or self.version.concerns(race.device))

    def concerns(self, device: DeviceClass, rows: Labels, old: Mask, days: SessionDays) -> bool:
        """Whether a class is to look at its arms again; ``old`` is what ``covers`` says of all rows."""
        if self.version is None and self.place in device.ancestors():
            return bool(old[rows].any())
        early = days.seen_at[rows] < self.change.since.timestamp()
        return bool(old[rows].sum() >= max(1.0, MOSTLY * early.sum()))


@dataclass(frozen=True, slots=True)
class Reopenings:
    """All changes of one model."""

    causes: Sequence[Cause]

    @classmethod
    def known(cls, inputs: ModelInputs) -> "Reopenings":
        """Those that the session-days' versions show, and the drifts that were seen before."""
        drifts = {
            (change.device_class, change.since): change
            for reopened in inputs.reopened.values()
            for change in reopened.changes
            if change.why == "drift"
        }
        causes = [Cause(drifts[key], parse(key[0])) for key in sorted(drifts)]
        return cls([*causes, *(_of_version(each) for each in new_versions(inputs.visits))])

    def age(self, days: SessionDays) -> SessionDays:
        """The session-days, each marked with how much arms may have moved since."""
        aged = np.zeros(len(days))
        for cause in self.causes:
            aged = np.maximum(aged, np.where(cause.covers(days), cause.deviation**2, 0.0))
        return replace(days, aged=aged)

    def is_old(self, race: Race) -> bool:
        """Whether some change makes a race old."""
        return any(cause.covers_race(race) for cause in self.causes)

    def of_classes(self, votes: Votes) -> dict[str, list[Change]]:
        """The changes that have each class look again, by its key; only those that some change does."""
        found: dict[str, list[Change]] = defaultdict(list)
        for cause in self.causes:
            old = cause.covers(votes.days)
            for device in votes.classes():
                if cause.concerns(device, votes.rows(device), old, votes.days):
                    found[device.key].append(cause.change)
        return dict(found)

    def watched(self, votes: Votes, inputs: ModelInputs, settings: RecommendSettings) -> "Reopenings":
        """The same with drifts that committed classes show now, the narrowest class first.

        What a class explains, those above it do not look at.
        """
        told = votes.voting & (votes.days.aged == 0) & np.isfinite(votes.days.seen_at)
        found: list[Cause] = []
        looked: set[tuple[int, ...]] = set()
        for device in reversed(votes.classes()):
            chosen = inputs.incumbents.get(device.key)
            if chosen is None:
                continue
            rows = votes.rows(device)
            rows = rows[told[rows]]
            leaves = tuple(np.unique(votes.days.device[rows]).tolist())
            if not leaves or leaves in looked:
                continue
            looked.add(leaves)
            cause = _watch(device, chosen, rows, votes, settings)
            if cause is not None:
                found.append(cause)
                told[rows] = False
        return Reopenings([*self.causes, *reversed(found)])


def _watch(
    device: DeviceClass, chosen: ArmKey, rows: Labels, votes: Votes, settings: RecommendSettings
) -> Cause | None:
    """Whether the chosen arm of a class costs more than it did, or another less."""
    habits = votes.habits(device)
    for arm in sorted(votes.arms, key=lambda each: (each != chosen, each)):
        mine = votes.of_arm(rows, arm)
        mine = mine[np.argsort(votes.days.seen_at[mine], kind="stable")][-NEWEST_OF_CLASS:]
        times = votes.days.seen_at[mine]
        change = find_change(
            votes.log_costs(mine, habits),
            votes.days.device[mine],
            times,
            ratio=settings.drift_ratio,
            sessions=settings.drift_sessions,
            slower=arm == chosen,
        )
        if change is not None:
            # Whole milliseconds, as the record keeps it.
            since = datetime.fromtimestamp(round(float(times[change.first]), 3), UTC)
            what = f"{arm.backend} costs {change.ratio:.2f} times what it did"
            return Cause(Change(why="drift", device_class=device.key, since=since, what=what), device)
    return None


def look_again(
    changes: Sequence[Change], incumbent: ArmKey | None, before: Reopened | None
) -> tuple[Reopened | None, bool]:
    """(what the record says, whether the commitment of before is in question)."""
    if not changes:
        return None, False
    remembered = incumbent or (ArmKey(*before.incumbent) if before and before.incumbent else None)
    known = {_name(change) for change in before.changes} if before else set()
    settled = incumbent is not None and {_name(change) for change in changes} <= known
    return Reopened(changes=list(changes), incumbent=None if settled else remembered), not settled


def _name(change: Change) -> tuple[str, str]:
    """What tells a change from others: the time since which most run a version depends on what was read."""
    return change.why, change.what if change.why == "version" else f"{change.device_class} {change.since}"


def _of_version(version: NewVersion) -> Cause:
    name = f"{version.browser} {version.name}" if version.browser else _LABELS[version.kind] + version.name
    since = datetime.fromtimestamp(round(version.since, 3), UTC)
    change = Change(why="version", device_class=EVERYWHERE.key, since=since, what=f"most visitors run {name}")
    return Cause(change, EVERYWHERE, version)


def _within(days: SessionDays, place: DeviceClass) -> Mask:
    inside: Iterable[bool] = (device.facts[: len(place.facts)] == place.facts for device in days.devices)
    flags = np.array(list(inside), dtype=np.bool_)
    return flags[days.device] if len(flags) else np.zeros(0, dtype=np.bool_)
