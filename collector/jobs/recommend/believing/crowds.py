"""Arms with more sessions than plans can have given them: whoever makes sessions up can crowd a rare arm.

A tenth of all sessions may be hostile (``trim``). Of an arm that most sessions run they are at most a tenth,
and trimming takes them away. Of an arm that a plan gave a hundredth of the installs they would be nearly all.
How many it can have had honestly is known: its share, what races may have chosen, and what fell back to it
or took the place of an arm that the device lacks.
"""

import math

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.published import Published, Share
from collector.jobs.recommend.settings import RecommendSettings


class Crowds:
    """How many of an arm's session-days may be made up."""

    def __init__(self, votes: Votes, published: Published | None, settings: RecommendSettings) -> None:
        self._votes = votes
        self._published = published
        self._trim = settings.trim
        self._known: dict[tuple[str, ArmKey], float] = {}
        self._lacked: dict[str, dict[ArmKey, float]] = {}

    def excess(self, device: DeviceClass, arm: ArmKey) -> float:
        """Session-days of an arm in a class beyond what plans explain; at most ``trim`` of all that it had.

        Of sessions that came before the first plan nobody knows which arm they should have. The pages' own
        choice holds, but not of an arm that has so few of the sessions that all of them may be made up.
        """
        key = device.key, arm
        if key not in self._known:
            self._known[key] = self._measure(device, arm)
        return self._known[key]

    def _measure(self, device: DeviceClass, arm: ArmKey) -> float:
        had, sessions = self._votes.count(device, arm), self._votes.count(device)
        hostile = self._trim * sessions
        explained = 0.0
        for leaf in self._votes.leaves_of(device):
            share = self._published.share(leaf, arm) if self._published else Share(unplanned=1.0)
            own_choice = share.unplanned if had >= hostile else 0.0
            explained += min(1.0, share.installs + own_choice) * self._votes.count(leaf)
            if share.falls_back:
                explained += self._votes.not_started(leaf)
                lost = self._lost(leaf)
                explained += (sum(lost.values()) - lost.get(arm, 0.0)) * self._votes.count(leaf)
        return max(0.0, min(had - explained - 3 * math.sqrt(explained), hostile))

    def _lost(self, leaf: DeviceClass) -> dict[ArmKey, float]:
        """Of each arm the share of a leaf class's sessions that drew it on a device which lacks it."""
        if self._published is None:
            return {}
        if leaf.key not in self._lacked:
            rows = self._votes.rows(leaf)
            self._lacked[leaf.key] = {
                arm: share * (1 - self._votes.capable_share(rows, arm.backend))
                for arm, share in self._published.drawn(leaf).items()
            }
        return self._lacked[leaf.key]
