"""Loads as columns: what one session-day of a model downloaded, and whether it had to."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.session_days import Labels, Numbers


@dataclass(frozen=True, eq=False, slots=True)
class Loads:
    """Columns of shape (rows,), sorted by ``device``; times are in ms."""

    devices: Sequence[DeviceClass]
    """Leaf classes, sorted by key."""
    device: Labels
    bytes: Numbers
    """Of the largest download; NaN when nothing was downloaded, or too little to tell a rate."""
    ms: Numbers
    """How long the load with that download took, the building of the model included; NaN without one."""
    cached: Numbers
    """The share of its loads that came from the browser's cache."""
    cached_ms: Numbers
    """How long such a load took: what building the model takes by itself. NaN without one."""

    def __len__(self) -> int:
        return len(self.device)
