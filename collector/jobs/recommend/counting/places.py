"""Where rows lie that are sorted by leaf class: those of any class, without looking at the others."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.session_days import Labels


class Places:
    """The hierarchy above some leaf classes, and the rows of each class."""

    def __init__(self, leaves: Sequence[DeviceClass], leaf: Labels) -> None:
        """``leaf`` is each row's place in ``leaves``, ascending."""
        self.leaves = leaves
        self._starts = np.searchsorted(leaf, np.arange(len(leaves) + 1))
        self._members: dict[str, list[int]] = defaultdict(list)
        self._children: dict[str, set[DeviceClass]] = defaultdict(set)
        self._classes: dict[str, DeviceClass] = {}
        self._rows: dict[str, Labels] = {}
        for index, each in enumerate(leaves):
            path = list(each.ancestors())
            for place in path:
                self._members[place.key].append(index)
                self._classes.setdefault(place.key, place)
            for child, parent in pairwise(path):
                self._children[parent.key].add(child)

    def classes(self) -> list[DeviceClass]:
        """Every class that has a leaf, parents before children, then by key."""
        return sorted(self._classes.values(), key=lambda device: (device.level, device.key))

    def members(self, device: DeviceClass) -> list[int]:
        """The leaves of a class."""
        return self._members.get(device.key, [])

    def children(self, device: DeviceClass) -> list[DeviceClass]:
        """The classes one level below, by key."""
        return sorted(self._children.get(device.key, ()), key=lambda child: child.key)

    def rows(self, device: DeviceClass, without: DeviceClass | None = None) -> Labels:
        """The rows of a class, without those of one of its children, ascending."""
        if without is None:
            if device.key not in self._rows:
                found = self._rows[device.key] = self._find(device, set())
                found.flags.writeable = False  # all who ask get the same array
            return self._rows[device.key]
        return self._find(device, set(self.members(without)))

    def _find(self, device: DeviceClass, left_out: set[int]) -> Labels:
        parts = [
            np.arange(self._starts[leaf], self._starts[leaf + 1])
            for leaf in self.members(device)
            if leaf not in left_out
        ]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
