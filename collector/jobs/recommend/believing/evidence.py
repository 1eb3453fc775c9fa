"""What one device class knows of its arms: gates answered, costs, beliefs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import ORIGINAL, Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.borrowing import Borrowed
from collector.jobs.recommend.believing.cells import Shells
from collector.jobs.recommend.believing.crowds import Crowds
from collector.jobs.recommend.believing.devices import capable_share, default_arm, untried_backends
from collector.jobs.recommend.believing.shrinkage import Belief, believe, best_probabilities
from collector.jobs.recommend.believing.unrun import unrun_variants
from collector.jobs.recommend.counting.conduct import Conduct
from collector.jobs.recommend.counting.downloads import Price
from collector.jobs.recommend.counting.strata import Strata
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.gates import Baseline, check_arm, incident_share, killed_share
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.lessons import Lesson
from collector.jobs.recommend.record import Gate
from collector.jobs.recommend.session_days import Labels
from collector.jobs.recommend.settings import RecommendSettings

MENDABLE = frozenset({"errors", "incidents", "killed", "leak"})


@dataclass(frozen=True, slots=True)
class ClassEvidence:
    """All that a decision about one class looks at."""

    device: DeviceClass
    rows: Labels
    """Its session-days among the votes."""
    sessions: int
    """How many session-days it had; of a sample, those that it was drawn from."""
    usual: float
    strata: Strata
    """Own votes only: what a commitment rests on, beside own races."""
    raced: Strata | None
    belief: Belief
    """Own votes and what parents lend: what a split of traffic rests on."""
    gates: dict[ArmKey, list[Gate]]
    gates_from: dict[ArmKey, str]
    default: ArmKey | None
    default_observed: bool
    untried: list[Backend]
    lenders: Mapping[str, Lesson]
    """What other models show of this very class."""
    enough: int
    """Sessions with which an arm can be judged."""
    enough_races: int
    """Races with which it can be judged."""
    price: Price
    """What bytes cost here."""
    unrun: tuple[ArmKey, ...] = ()
    """Variants that no session has run, and that are tried here first; their beliefs are predictions."""

    def ran(self, arm: ArmKey) -> bool:
        """Whether a session or a race here measured an arm."""
        return arm in self.strata.counts or (self.raced is not None and arm in self.raced.counts)

    @property
    def unseen(self) -> bool:
        """Whether only other models have been seen here, or next to only they."""
        return bool(self.lenders) and not any(self.ran(arm) for arm in self.gates)

    @property
    def races(self) -> int:
        """Races here that compared arms."""
        return len(np.unique(self.raced.layout.stratum)) if self.raced is not None else 0

    def passing(self) -> list[ArmKey]:
        """Arms that passed every gate, sorted."""
        return sorted(arm for arm, gates in self.gates.items() if all(gate.passed for gate in gates))

    def rare(self) -> list[ArmKey]:
        """Arms that would have passed, but that most of the devices here lack, sorted."""
        return sorted(
            arm
            for arm, gates in self.gates.items()
            if all(gate.passed or gate.rare for gate in gates) and not all(gate.passed for gate in gates)
        )

    def unproven(self) -> list[ArmKey]:
        """Arms that lack sessions and nothing else: worth trying. An unmeasured variant is not."""
        return sorted(
            arm
            for arm, gates in self.gates.items()
            if not all(gate.passed for gate in gates) and _may_run(gates)
        )

    def refused(self) -> list[ArmKey]:
        """Arms that failed in sessions or leaked, and nothing else: what made them may be mended."""
        return sorted(
            arm
            for arm, gates in self.gates.items()
            if any(not (gate.passed or gate.lacks_data) for gate in gates)
            and all(gate.passed or gate.lacks_data or gate.gate in MENDABLE for gate in gates)
        )

    def chances(self, arms: Iterable[ArmKey]) -> dict[ArmKey, float]:
        """The chance of each arm that something is known of to be the best of them."""
        return best_probabilities({arm: self.belief[arm] for arm in sorted(arms) if arm in self.belief})

    def races_of(self, arm: ArmKey) -> int:
        """Races here that timed an arm."""
        return self.raced.counts.get(arm, 0) if self.raced is not None else 0

    def _sessions(self, arm: ArmKey) -> int:
        return self.strata.counts.get(arm, 0)

    def _lacks(self, arm: ArmKey) -> int:
        a_race = max(1.0, self.enough / self.enough_races)
        lacks = math.ceil(self.enough - self._sessions(arm) - self.races_of(arm) * a_race)
        # Enough of them, but not to be believed: it is tried as if there were none.
        crowded = any(gate.gate == "data" and not gate.passed for gate in self.gates[arm])
        return self.enough if lacks <= 0 and crowded else max(1, lacks)

    def lacking(self) -> dict[ArmKey, int]:
        """Arms that are worth trying, and how many sessions (at least one) each lacks to be judged."""
        lacks = {arm: self._lacks(arm) for arm in self.unproven()}
        return lacks | {ArmKey(backend, ORIGINAL): self.enough for backend in self.untried}


def gather(
    device: DeviceClass,
    shells: Shells,
    inputs: ModelInputs,
    settings: RecommendSettings,
    *,
    variances: list[float],
    crowds: Crowds,
    borrowed: Borrowed,
) -> ClassEvidence:
    """Reads one class: its own votes, its parents' where its own do not reach a gate's needs."""
    votes = shells.votes
    rows = votes.rows(device)
    habits = votes.habits(device)
    belief = believe(shells, device, habits, variances, borrowed)
    lenders = borrowed.of_class(device)
    incumbent = inputs.incumbents.get(device.key)

    default, observed = default_arm(device, votes, inputs, lenders, settings)
    seen = {arm: _conduct(device, arm, votes, settings) for arm in votes.arms}
    seen = {
        arm: (place, own if arm == default else replace(own, excess=crowds.excess(place, arm)))
        for arm, (place, own) in seen.items()
    }
    baselines = _baselines({arm: own for arm, (_, own) in seen.items()}, default, inputs, settings)

    unseen = Baseline(leaks=any(each.leaks for each in baselines.values()))

    def check(arm: ArmKey, *, incumbent: bool) -> list[Gate]:
        return check_arm(
            arm,
            seen[arm][1] if arm in seen else Conduct(),
            capable_share(rows, arm.backend, votes, lenders, settings),
            variants=inputs.variants,
            leaks=inputs.leaking.get(arm.backend, []),
            settings=settings,
            baseline=baselines.get(arm, unseen),
            incumbent=incumbent,
        )

    gates: dict[ArmKey, list[Gate]] = {}
    for arm in votes.arms:
        answers = check(arm, incumbent=False)
        if arm == incumbent and not all(gate.passed for gate in answers):
            # Only now: while it passes as any other arm does, its having been chosen leaves no trace.
            answers = check(arm, incumbent=True)
        gates[arm] = answers
    price = votes.price(device)
    able = [arm for arm, answers in gates.items() if _may_run(answers)] if len(rows) else []
    paid = Habits(habits.predictions, price.ms_a_byte)
    unrun = unrun_variants(belief, able, votes, inputs, settings, rows=rows, paid=paid)
    gates |= {each.arm: check(each.arm, incumbent=False) for each in unrun}
    belief |= {each.arm: each.cost for each in unrun if each.cost is not None}
    return ClassEvidence(
        device=device,
        rows=rows,
        sessions=votes.count(device),
        usual=habits.predictions,
        strata=votes.strata(votes.layout(device), habits),
        raced=votes.raced.strata(device, None, habits, votes.arms),
        belief=belief,
        gates=gates,
        gates_from={arm: seen[arm][0].key if arm in seen else device.key for arm in gates},
        default=default,
        default_observed=observed,
        untried=untried_backends(rows, votes, inputs, lenders, settings),
        lenders=lenders,
        enough=settings.min_sessions,
        enough_races=settings.min_races,
        price=price,
        unrun=tuple(each.arm for each in unrun),
    )


def _may_run(gates: Iterable[Gate]) -> bool:
    """Whether an arm passes every gate, or lacks sessions and nothing else."""
    return all(gate.passed or (gate.lacks_data and gate.gate != "accuracy") for gate in gates)


def _baselines(
    seen: Mapping[ArmKey, Conduct],
    default: ArmKey | None,
    inputs: ModelInputs,
    settings: RecommendSettings,
) -> dict[ArmKey, Baseline]:
    """What each arm is held against."""
    leaks = default is not None and bool(inputs.leaking.get(default.backend))
    incidents = {arm: incident_share(own, settings) for arm, own in seen.items()}
    killed = {arm: killed_share(own, settings) for arm, own in seen.items()}
    return {
        arm: Baseline(incidents=_usual(arm, incidents), killed=_usual(arm, killed), leaks=leaks)
        for arm in seen
    }


def _usual(arm: ArmKey, shares: Mapping[ArmKey, float | None]) -> float:
    """The smallest share among the other arms; its own without another."""
    known = {each: share for each, share in shares.items() if share is not None}
    return min((share for other, share in known.items() if other != arm), default=known.get(arm, 0.0))


def _conduct(
    device: DeviceClass, arm: ArmKey, votes: Votes, settings: RecommendSettings
) -> tuple[DeviceClass, Conduct]:
    """How an arm fared in the nearest class that has enough of it, of this one and its parents."""
    for place in device.ancestors():
        seen = votes.conduct(place, arm)
        if seen.worth(settings) >= settings.min_sessions:
            return place, seen
    return device, votes.conduct(device, arm)
