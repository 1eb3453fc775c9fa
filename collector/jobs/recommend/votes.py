"""The visits of one model as columns, and their log costs in any set of classes.

Two arms are compared in one release of one leaf class. A release changes what every arm costs, and a plan
changes at its own time which arms run: the arm that most sessions of the heavier release ran would look slow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.inputs import ArmKey, Race, Visit
from collector.jobs.recommend.raced import Raced
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.strata import Layout, Strata

FLOOR_MS = 1e-3  # the log histogram's smallest bucket: a cost below it is not a measurement
CEILING_MS = 3.6e6  # its largest


class Votes:
    """The votes of one model, grouped by leaf class and release."""

    def __init__(
        self, visits: Iterable[Visit], settings: RecommendSettings, races: Iterable[Race] = ()
    ) -> None:
        self._settings = settings
        self.raced = Raced(races, settings)
        keys = _Keys()
        self.visits = sorted(visits, key=lambda visit: _canonical(visit, keys[visit.device]))
        self.arms = sorted({visit.arm for visit in self.visits} | self.raced.arms)
        leaves = sorted({visit.device for visit in self.visits}, key=lambda leaf: leaf.key)
        self._leaves, self._leaf_count = leaves, len(leaves)
        position = {leaf: index for index, leaf in enumerate(leaves)}
        order = {arm: index for index, arm in enumerate(self.arms)}
        self._arm = np.array([order[visit.arm] for visit in self.visits], dtype=np.int64)
        self._leaf = np.array([position[visit.device] for visit in self.visits], dtype=np.int64)
        nan = float("nan")
        ready = np.array([nan if visit.ready_ms is None else visit.ready_ms for visit in self.visits])
        start = np.array([nan if visit.start_ms is None else visit.start_ms for visit in self.visits])
        self.ready = np.clip(ready, FLOOR_MS, CEILING_MS)
        self.start = np.clip(start, 0.0, CEILING_MS)
        self.predictions = np.array([visit.predictions for visit in self.visits], dtype=np.float64)
        self.voting = np.isfinite(self.ready) & (self.predictions > 0)
        self._stratum, self._strata_of = self._split_by_release(settings.min_class_sessions)
        self._runs = {arm: np.asarray(self._arm == index) for index, arm in enumerate(self.arms)}
        self._members: dict[DeviceClass, list[int]] = defaultdict(list)
        self._children: dict[DeviceClass, set[DeviceClass]] = defaultdict(set)
        for leaf, index in position.items():
            path = list(leaf.ancestors())
            for ancestor in path:
                self._members[ancestor].append(index)
            for child, parent in pairwise(path):
                self._children[parent].add(child)
        self._filled = self._fill_start(leaves)
        self._layouts: dict[tuple[str, str | None], Layout] = {}

    def classes(self) -> list[DeviceClass]:
        """Every class that some visit belongs to, parents before children, then by key."""
        return sorted(self._members, key=lambda device: (device.level, device.key))

    def within(self, device: DeviceClass) -> NDArray[np.bool_]:
        """Which visits belong to a class."""
        member = np.zeros(self._leaf_count, dtype=np.bool_)
        member[self._members.get(device, [])] = True
        return np.asarray(member[self._leaf])

    def of_arm(self, arm: ArmKey) -> NDArray[np.bool_]:
        """Which visits ran an arm."""
        runs = self._runs.get(arm)
        return np.zeros(len(self.visits), dtype=np.bool_) if runs is None else runs

    def select(self, mask: NDArray[np.bool_]) -> list[Visit]:
        """The visits of a mask."""
        return [self.visits[index] for index in np.flatnonzero(mask)]

    def usual_predictions(self, mask: NDArray[np.bool_]) -> float:
        """Median predictions of the voting visits, at least 1."""
        counts = self.predictions[mask & self.voting]
        return max(1.0, float(np.median(counts))) if len(counts) else 1.0

    def layout(self, place: DeviceClass, without: DeviceClass | None = None) -> Layout:
        """Where the votes of a class were cast, without those of one of its children; each is made once."""
        key = place.key, without.key if without else None
        if key not in self._layouts:
            mask = self.within(place) & self.voting
            if without is not None:
                mask &= ~self.within(without)
            chosen = np.flatnonzero(mask)
            self._layouts[key] = Layout(chosen, self._stratum[chosen], self._arm[chosen], self.arms)
        return self._layouts[key]

    def strata(self, layout: Layout, usual: float) -> Strata:
        """The log costs in ms of some votes, when a start is paid for by ``usual`` predictions."""
        chosen = layout.chosen
        weights = self._settings
        cost = (
            weights.ready_weight * self.ready[chosen] + weights.startup_weight * self._filled[chosen] / usual
        )
        return Strata(
            values=np.log(np.maximum(cost, FLOOR_MS)),
            layout=layout,
            trim=weights.trim,
        )

    def strata_of(self, device: DeviceClass) -> list[int]:
        """The strata of a class, as numbered in ``Layout``."""
        return [stratum for leaf in self._members.get(device, []) for stratum in self._strata_of[leaf]]

    def unraced_leaves(self, device: DeviceClass) -> int:
        """How many leaf classes of a class have fewer than ``min_races`` races."""
        raced = self.raced.by_leaf
        leaves = (self._leaves[index] for index in self._members.get(device, []))
        return sum(raced[leaf] < self._settings.min_races for leaf in leaves)

    def children_of(self, device: DeviceClass) -> list[DeviceClass]:
        """The classes one level below that some visit belongs to, by key."""
        return sorted(self._children.get(device, ()), key=lambda child: child.key)

    def _split_by_release(self, least: int) -> tuple[NDArray[np.int64], list[list[int]]]:
        """(the stratum of each visit, the strata of each leaf). Releases with few votes in a leaf share one.

        Most pages' releases are commits: were each a stratum, a small fleet's votes would rarely meet.
        """
        releases = sorted({visit.release for visit in self.visits})
        position = {release: index for index, release in enumerate(releases)}
        release = np.array([position[visit.release] for visit in self.visits], dtype=np.int64)
        slot = self._leaf * len(releases) + release
        votes = np.bincount(slot[self.voting], minlength=self._leaf_count * len(releases))
        # Within its leaf, 0 is the stratum of all small releases.
        rank = np.where(votes[slot] >= least, release + 1, 0)
        known, stratum = np.unique(self._leaf * (len(releases) + 1) + rank, return_inverse=True)
        strata_of: list[list[int]] = [[] for _ in range(self._leaf_count)]
        for index, key in enumerate(known.tolist()):
            strata_of[key // (len(releases) + 1)].append(index)
        return np.asarray(stratum, dtype=np.int64), strata_of

    def _fill_start(self, leaves: list[DeviceClass]) -> NDArray[np.float64]:
        """A session without a load report takes its arm's median: its leaf's, else that of the nearest class.

        Not the arm's median over all devices: that would be the start of whatever devices ran the arm most.
        """
        known = np.isfinite(self.start)
        overall = float(np.median(self.start[known])) if known.any() else 0.0
        filled = np.array(self.start, dtype=np.float64)
        for leaf, arm in sorted(
            {(int(self._leaf[index]), int(self._arm[index])) for index in np.flatnonzero(~known)}
        ):
            mine = known & (self._arm == arm)
            nearest = (np.isin(self._leaf, self._members[place]) & mine for place in leaves[leaf].ancestors())
            own = next((self.start[chosen] for chosen in nearest if chosen.any()), None)
            missing = ~known & (self._arm == arm) & (self._leaf == leaf)
            filled[missing] = overall if own is None else float(np.median(own))
        return filled


def median_of(values: NDArray[np.float64]) -> float | None:
    """The median of the finite values, None without any."""
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else None


def count_defaults(
    defaults: Mapping[DeviceClass, Mapping[Backend, int]], device: DeviceClass
) -> dict[Backend, int]:
    """Sessions per backend that ran without a config, in a class and all below it."""
    total: dict[Backend, int] = defaultdict(int)
    for leaf, counts in defaults.items():
        if device in leaf.ancestors():
            for backend, sessions in counts.items():
                total[backend] += sessions
    return dict(total)


class _Keys(dict[DeviceClass, str]):
    """The key of each class, made once: many visits have few classes."""

    def __missing__(self, device: DeviceClass) -> str:
        return self.setdefault(device, device.key)


def _canonical(visit: Visit, key: str) -> tuple[str, ArmKey, float, float, int, int, str, tuple[str, ...]]:
    return (
        key,
        visit.arm,
        -1.0 if visit.ready_ms is None else visit.ready_ms,
        -1.0 if visit.start_ms is None else visit.start_ms,
        visit.predictions,
        visit.errors,
        visit.release,
        tuple(sorted(visit.incidents)),
    )
