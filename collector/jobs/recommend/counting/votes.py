"""The session-days of one model as votes, and their log costs in any set of classes.

Two arms are compared in one release of one leaf class. A release changes what every arm costs, and a plan
changes at its own time which arms run: the arm that most sessions of the heavier release ran would look slow.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.conduct import NOT_STARTED, Conduct
from collector.jobs.recommend.counting.costs import CEILING_MS, FLOOR_MS, Costs
from collector.jobs.recommend.counting.downloads import Downloads, Price
from collector.jobs.recommend.counting.places import Places
from collector.jobs.recommend.counting.raced import Raced, RacesSeen
from collector.jobs.recommend.counting.session_lengths import SessionLengths
from collector.jobs.recommend.counting.strata import Layout, Strata
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.inputs import Race
from collector.jobs.recommend.loads import Loads
from collector.jobs.recommend.session_days import Labels, Numbers, SessionDays
from collector.jobs.recommend.settings import RecommendSettings

LENT = 50
"""Votes that a leaf class lends others of an arm. With 50 the arm's cost there is known better than it says
of another class (``class_sd``), and a large class has thousands."""
POOLED = 4
"""Times ``votes_per_arm``: about so many votes of an arm a class of many leaf classes is judged by."""


class Votes:
    """The votes of one model, grouped by leaf class and release."""

    def __init__(
        self,
        days: SessionDays,
        settings: RecommendSettings,
        races: Iterable[Race] = (),
        totals: Mapping[tuple[DeviceClass, ArmKey], int] | None = None,
        sizes: Mapping[str, float] | None = None,
        *,
        loads: Loads | None = None,
        is_old: Callable[[Race], bool] = lambda _: False,
    ) -> None:
        self._settings = settings
        self.sizes = sizes or {}
        """Variant -> bytes of its files."""
        self._downloads = Downloads(loads, settings.trim)
        self._costs = Costs(settings.aim, self.sizes)
        races = list(races)
        self.raced = Raced((race for race in races if not is_old(race)), settings, self._costs)
        self.raced_before = Raced((race for race in races if is_old(race)), settings, self._costs)
        """Races from before a change: they are lent like ``older`` votes."""
        self.days = days = days.ordered()
        ran = np.unique(days.arm).tolist()
        self.arms = sorted({days.arms[index] for index in ran} | self.raced.arms | self.raced_before.arms)
        order = {arm: index for index, arm in enumerate(self.arms)}
        renumbered = np.array([order.get(arm, -1) for arm in days.arms], dtype=np.int64)
        self._arm = renumbered[days.arm]
        seen, self._leaf = np.unique(days.device, return_inverse=True)
        self._leaves = [days.devices[index] for index in seen]
        self._places = Places(self._leaves, self._leaf)
        # Rows are in its order; without a row there may be no arm.
        self._cell = self._leaf * max(1, len(self.arms)) + self._arm
        self._counts = self._count_all(totals or {})
        self.ready = np.clip(days.ready_ms, FLOOR_MS, CEILING_MS)
        self.start = np.clip(days.start_ms, 0.0, CEILING_MS)
        self.predictions = days.predictions
        self.voting = np.isfinite(self.ready) & (self.predictions > 0)
        if self._costs.counts_starts_only:
            self.voting &= np.isfinite(self.start)
        self._stratum, self._strata_of = self._split_by_release(settings.min_class_sessions)
        self._rank, self._size = self._rank_votes()
        self._lent = self._thin(np.arange(len(days)), LENT)
        self._lent_places = Places(self._leaves, self._leaf[self._lent])
        self._filled = self._fill_start()
        self._lengths = SessionLengths(self._places, self.predictions, self._weights())
        self._layouts: dict[str, Layout] = {}
        self._conduct: dict[tuple[str, ArmKey], Conduct] = {}

    def __len__(self) -> int:
        return len(self.days)

    def classes(self) -> list[DeviceClass]:
        """Every class that some session belongs to, parents before children, then by key."""
        return self._places.classes()

    def rows(self, device: DeviceClass) -> Labels:
        """The session-days of a class."""
        return self._places.rows(device)

    def count(self, device: DeviceClass, arm: ArmKey | None = None) -> int:
        """How many session-days a class had, of an arm or in all; where they are a sample, about."""
        counts = self._counts[self._places.members(device)]
        return int((counts if arm is None else counts[:, self.arms.index(arm)]).sum())

    def leaves_of(self, device: DeviceClass) -> list[DeviceClass]:
        """The leaf classes of a class that have a session."""
        return [self._leaves[index] for index in self._places.members(device)]

    def of_arm(self, rows: Labels, arm: ArmKey) -> Labels:
        """Those of some rows that ran an arm."""
        return np.asarray(rows[self._arm[rows] == self.arms.index(arm)])

    def capable_share(self, rows: Labels, backend: Backend) -> float:
        """The share of some session-days whose device has a backend, by its facts or because it ran it."""
        if not len(rows):
            return 0.0
        able = np.array([backend in each for each in self.days.ability_sets])[self.days.abilities[rows]]
        runs = np.array([arm.backend == backend for arm in self.arms])[self._arm[rows]]
        return float((able | (runs & np.isfinite(self.ready[rows]))).mean())

    def conduct(self, device: DeviceClass, arm: ArmKey) -> Conduct:
        """How an arm fared in a class, races among it."""
        key = device.key, arm
        if key not in self._conduct:
            mine = self.of_arm(self.rows(device), arm)
            self._conduct[key] = Conduct.of(self.days, mine) + self.raced.conduct(device, arm)
        return self._conduct[key]

    def not_started(self, leaf: DeviceClass) -> int:
        """In how many session-days of a class some arm did not start, so that another may have run."""
        failed = np.array([NOT_STARTED in kinds for kinds in self.days.incident_sets], dtype=np.bool_)
        return int(failed[self.days.incidents[self.rows(leaf)]].sum()) if len(failed) else 0

    def usual_predictions(self, device: DeviceClass) -> float:
        """The usual predictions of a session in a class, at least 1."""
        return self._lengths.usual(device)

    def price(self, device: DeviceClass) -> Price:
        """What bytes cost in a class."""
        return self._downloads.price(device)

    def habits(self, device: DeviceClass) -> Habits:
        """What a start costs a usual session of a class; bytes only where the objective has them."""
        byte = self.price(device).ms_a_byte if self._settings.aim.bytes else 0.0
        return Habits(self.usual_predictions(device), byte)

    def layout(self, place: DeviceClass) -> Layout:
        """Where the votes of a class were cast since the last change; made once.

        Of many leaf classes it has some of each.
        """
        if place.key not in self._layouts:
            leaves = max(1, len(self._places.members(place)))
            most = max(LENT, POOLED * self._settings.votes_per_arm // leaves)
            rows = self._places.rows(place)
            self._layouts[place.key] = self._lay_out(self._thin(rows[self.days.aged[rows] == 0], most))
        return self._layouts[place.key]

    def older(self, place: DeviceClass) -> Layout:
        """Where the votes of a class were cast that came before a change (``reopening``)."""
        rows = self._places.rows(place)
        return self._lay_out(self._thin(rows[self.days.aged[rows] > 0], LENT))

    def moved(self, place: DeviceClass) -> float:
        """By what variance a class's arms may have moved since its votes were cast, over all of them."""
        aged = self.days.aged[self._places.rows(place)]
        return float(aged.mean()) if len(aged) else 0.0

    def lent(self, place: DeviceClass, without: DeviceClass | None = None) -> Layout:
        """Where the votes were cast that a class lends: at most ``LENT`` of each leaf class and arm.

        ``without`` is the child that they are lent to.
        """
        return self._lay_out(self._lent[self._lent_places.rows(place, without)])

    def strata(self, layout: Layout, habits: Habits) -> Strata:
        """The log costs in ms of some votes to visitors with such habits."""
        return Strata(self.log_costs(layout.chosen, habits), layout, self._settings.trim)

    def log_costs(self, rows: Labels, habits: Habits) -> Numbers:
        """The log costs in ms of some rows that vote, to visitors with such habits."""
        return self._costs.log(self.ready[rows], self._filled[rows], self._arm[rows], self.arms, habits)

    def strata_of(self, device: DeviceClass) -> list[int]:
        """The strata of a class, as numbered in ``Layout``."""
        return [stratum for leaf in self._places.members(device) for stratum in self._strata_of[leaf]]

    def races_seen(self, device: DeviceClass) -> RacesSeen:
        """How many races a class had, before changes and after them: whether its pages race at all."""
        now, before = self.raced.seen(device), self.raced_before.seen(device)
        return RacesSeen(now.compared + before.compared, now.mute + before.mute)

    def small_leaves(self, device: DeviceClass, *, sessions: int, races: int) -> int:
        """How many leaf classes of a class have fewer session-days and fewer races than so many."""
        members = self._places.members(device)
        few = self._counts[members].sum(axis=1) < sessions
        return sum(self.raced.by_leaf[self._leaves[index]] < races for index in np.array(members)[few])

    def children_of(self, device: DeviceClass) -> list[DeviceClass]:
        """The classes one level below that some session belongs to, by key."""
        return self._places.children(device)

    def _count_all(self, totals: Mapping[tuple[DeviceClass, ArmKey], int]) -> Labels:
        """Session-days of each leaf and arm, of shape (leaves, arms)."""
        slots = np.bincount(self._cell, minlength=len(self._leaves) * len(self.arms))
        counts = slots.reshape(len(self._leaves), len(self.arms)).astype(np.int64)
        place = {leaf: index for index, leaf in enumerate(self._leaves)}
        order = {arm: index for index, arm in enumerate(self.arms)}
        for (leaf, arm), count in totals.items():
            if leaf in place and arm in order:
                slot = place[leaf], order[arm]
                counts[slot] = max(counts[slot], count)
        return counts

    def _weights(self) -> Numbers:
        """How many session-days each row stands for, (rows,); 0 for one without a vote."""
        rows = np.bincount(self._cell, minlength=self._counts.size)
        share = self._counts.ravel() / np.maximum(rows, 1)
        return np.where(self.voting, share[self._cell], 0.0)

    def _lay_out(self, chosen: Labels) -> Layout:
        return Layout(chosen, self._stratum[chosen], self._arm[chosen], self.arms)

    def _split_by_release(self, least: int) -> tuple[Labels, list[list[int]]]:
        """(the stratum of each row, the strata of each leaf). Releases with few votes in a leaf share one.

        Most pages' releases are commits: were each a stratum, a small fleet's votes would rarely meet.
        """
        # What came before a change is never compared with what came after it.
        releases = max(1, len(self.days.releases))
        count, release = 2 * releases, self.days.release + releases * (self.days.aged > 0)
        slot = self._leaf * count + release
        votes = np.bincount(slot[self.voting], minlength=len(self._leaves) * count)
        # Within its leaf, the first two are the strata of all small releases, after a change and before it.
        rank = np.where(votes[slot] >= least, release + 2, self.days.aged > 0)
        known, stratum = np.unique(self._leaf * (count + 2) + rank, return_inverse=True)
        strata_of: list[list[int]] = [[] for _ in self._leaves]
        for index, key in enumerate(known.tolist()):
            strata_of[key // (count + 2)].append(index)
        return np.asarray(stratum, dtype=np.int64), strata_of

    def _runs(self) -> Labels:
        """Where the rows of each leaf and arm start, and the number of rows last."""
        cell = self._cell
        return np.concatenate([[0], np.flatnonzero(np.diff(cell)) + 1, [len(cell)]]).astype(np.int64)

    def _rank_votes(self) -> tuple[Labels, Labels]:
        """(the place of each vote among those of its leaf and arm, from the fastest; how many those are)."""
        voting = np.flatnonzero(self.voting)
        slot = self._cell[voting]
        # The rows of a leaf and arm are in the order of ready_ms.
        sizes = np.diff(np.concatenate([np.flatnonzero(np.diff(slot, prepend=-1)), [len(slot)]]))
        starts = np.cumsum(sizes) - sizes
        rank, size = np.zeros((2, len(self.voting)), dtype=np.int64)
        rank[voting] = np.arange(len(slot)) - np.repeat(starts, sizes)
        size[voting] = np.repeat(sizes, sizes)
        return rank, size

    def _thin(self, rows: Labels, most: int) -> Labels:
        """At most so many votes of each leaf and arm of some rows, evenly from fastest to slowest."""
        rank, size = self._rank[rows], np.maximum(self._size[rows], 1)
        kept = (size <= most) | ((rank + 1) * most // size > rank * most // size)
        return np.asarray(rows[self.voting[rows] & kept])

    def _fill_start(self) -> Numbers:
        """A session without a load report takes its arm's median: its leaf's, else that of the nearest class.

        Not the arm's median over all devices: that would be the start of whatever devices ran the arm most.
        """
        known = np.isfinite(self.start)
        filled = np.array(self.start, dtype=np.float64)
        usual: dict[tuple[str, int], float | None] = {}
        bounds = self._runs()
        for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            here = known[first:last]
            if here.all():
                continue
            leaf, arm = self._leaves[int(self._leaf[first])], int(self._arm[first])
            for place in leaf.ancestors():
                key = place.key, arm
                if key not in usual:
                    usual[key] = median_of(self._starts_of(place, arm))
                value = usual[key]
                if value is not None:
                    break
            else:
                value = median_of(self.start) or 0.0
            filled[first:last][~here] = value
        return filled

    def _starts_of(self, place: DeviceClass, arm: int) -> Numbers:
        rows = self._places.rows(place)
        return np.asarray(self.start[rows[self._arm[rows] == arm]])


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
        if leaf.facts[: len(device.facts)] == device.facts:
            for backend, sessions in counts.items():
                total[backend] += sessions
    return dict(total)
