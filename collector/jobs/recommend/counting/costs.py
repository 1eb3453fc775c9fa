"""What a prediction costs by an app's objective, in sessions and in races alike: both seek the same arm."""

from collections.abc import Mapping, Sequence

import numpy as np

from collector.contract.objective import Objective
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.session_days import Labels, Numbers

FLOOR_MS = 1e-3  # the log histogram's smallest bucket: a cost below it is not a measurement
CEILING_MS = 3.6e6  # its largest
ON_TIME = 1.02
"""A result that takes so much of a frame is on time: a quantile of a log histogram is known to 2 %."""


class Costs:
    """The costs of one model's arms.

    Args:
        objective: the weights.
        sizes: variant -> bytes of its files, of those that are known.
    """

    def __init__(self, objective: Objective, sizes: Mapping[str, float] | None = None) -> None:
        self._objective = objective
        self._sizes = sizes or {}
        # Only ratios of costs count: the floor is one of the time that weighs most.
        most = max(objective.weights().values(), default=1.0)
        self._floor = max(FLOOR_MS * most, float(np.finfo(np.float64).tiny))

    @property
    def counts_starts_only(self) -> bool:
        """Whether only the start tells sessions of an arm apart: one without a load report tells nothing."""
        return bool(self._objective.first_result) and not self._objective.waits

    def log(
        self, ready: Numbers, start: Numbers, arm: Labels, arms: Sequence[ArmKey], habits: Habits
    ) -> Numbers:
        """Log costs a prediction, of shape (n,).

        Args:
            ready: the steady latency in ms, (n,).
            start: load + backend start + first prediction in ms, (n,).
            arm: the place of each one's arm in ``arms``, (n,).
            arms: all arms.
            habits: what a start and a download are spread over, and what a byte costs.
        """
        weigh = self._objective
        cost = weigh.ready * ready + weigh.first_result * start / habits.predictions
        if weigh.frame_rate:
            cost = cost + weigh.frame_rate * frame_times(ready, weigh.fps)
        if weigh.bytes:
            sizes = np.array([self._size(each.variant) for each in arms], dtype=np.float64)
            times = np.minimum(sizes * habits.ms_a_byte, CEILING_MS)
            cost = cost + weigh.bytes * times[arm] / habits.predictions
        return np.asarray(np.log(np.maximum(cost, self._floor)))

    def _size(self, variant: str) -> float:
        """An unknown size is the largest known one: what is not known must not win."""
        return self._sizes.get(variant, max(self._sizes.values(), default=0.0))


def frame_times(ready: Numbers, fps: float) -> Numbers:
    """The ms from one result to the next, where each waits for the next frame: whole frames, one at least."""
    frame = 1000.0 / fps
    return np.asarray(frame * np.maximum(1.0, np.ceil(ready / (ON_TIME * frame))))
