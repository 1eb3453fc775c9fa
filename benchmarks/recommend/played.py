"""One class played day by day: sessions follow the published plan, then a decision is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.recommend.worlds import DEVICE, Costs, inputs, visit
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs, Race
from collector.jobs.recommend.published import Published, Share, Shares
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings

SETTINGS = RecommendSettings()
Plan = Mapping[ArmKey, float]
Session = Callable[[ArmKey], Visit]


@dataclass
class Played:
    """A class that starts on the engine's default, and what became of it."""

    costs: Costs
    default: Backend
    given: Callable[[ModelInputs], ModelInputs] = lambda inputs: inputs
    """What else decisions know."""
    visits: list[Visit] = field(default_factory=list)
    races: list[Race] = field(default_factory=list)
    records: Sequence[DecisionRecord] = ()
    _days: list[tuple[int, Shares]] = field(default_factory=list)
    _came: int = 0

    def plan(self) -> Plan:
        """The share of each arm in the plan that devices of the class get."""
        published = self._published()
        if published is None:
            return {ArmKey(self.default, "original"): 1.0}
        return {ArmKey(each.backend, each.variant): each.probability for each in published.propensities}

    def raced_arms(self, count: int, random: np.random.Generator) -> list[Sequence[ArmKey]]:
        """The arms that each of some sessions races, none for most."""
        published = self._published()
        race = published.race if published else None
        if race is None:
            return [()] * count
        arms = [ArmKey(*arm) for arm in race.arms]
        return [arms if draw < race.share else () for draw in random.random(count)]

    def _published(self) -> DecisionRecord | None:
        of_class = {record.device_class: record for record in self.records if record.propensities}
        return next((of_class[up.key] for up in DEVICE.ancestors() if up.key in of_class), None)

    def decide(self, came: Sequence[Visit]) -> None:
        """A day ends: its sessions came under the plan of the day before."""
        published = self._published()
        race = published.race if published else None
        raced = {ArmKey(*arm): race.share for arm in race.arms} if race else {}
        plan = self.plan()
        shares = {arm: Share(min(1.0, plan.get(arm, 0.0) + raced.get(arm, 0.0))) for arm in {*plan, *raced}}
        if self.records:
            self._days.append((len(came), {"*": shares}))
        else:
            self._days.append((len(came), {}))
        self.visits += came
        total = len(self.visits)
        given = inputs(self.visits, self.default, raced=self.races, incumbents=self._incumbents())
        reopened = {each.device_class: each.reopened for each in self.records if each.reopened}
        given = replace(
            given,
            published=Published([(count / total, shares) for count, shares in self._days]),
            days=float(len(self._days)),
            reopened=reopened,
        )
        self.records = decide(self.given(given), SETTINGS)

    def _incumbents(self) -> dict[str, ArmKey]:
        return {
            each.device_class: ArmKey(*each.recommended)
            for each in self.records
            if each.state == "committed" and each.recommended
        }


def draw(plan: Plan, random: np.random.Generator) -> ArmKey:
    """An arm by its share."""
    arms = list(plan)
    shares = np.array([plan[arm] for arm in arms])
    return arms[int(random.choice(len(arms), p=shares / shares.sum()))]


def session(arm: ArmKey, ready_ms: float, costs: Costs) -> Visit:
    """One session of an arm."""
    return replace(visit(arm.backend, ready_ms, costs), arm=arm)
