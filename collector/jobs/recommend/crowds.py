"""Arms with more sessions than plans can have given them: whoever makes sessions up can crowd a rare arm.

A tenth of all sessions may be hostile (``trim``). Of an arm that most sessions run they are at most a tenth,
and trimming takes them away. Of an arm that a plan gave a hundredth of the installs they would be nearly all.
How many it can have had honestly is known: its share, what races may have chosen, and what fell back to it.
"""

import math

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.published import Published, Share
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.votes import Votes


class Crowds:
    """How many of an arm's session-days may be made up."""

    def __init__(self, votes: Votes, published: Published | None, settings: RecommendSettings) -> None:
        self._votes = votes
        self._published = published
        self._trim = settings.trim
        self._known: dict[tuple[str, ArmKey], float] = {}

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
        return max(0.0, min(had - explained - 3 * math.sqrt(explained), hostile))
