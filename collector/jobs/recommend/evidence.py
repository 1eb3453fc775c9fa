"""What one device class knows of its arms: gates answered, costs, beliefs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.cells import Shells
from collector.jobs.recommend.gates import ORIGINAL, Baseline, capable_share, check_arm, incident_share
from collector.jobs.recommend.inputs import ArmKey, ModelInputs, Visit
from collector.jobs.recommend.record import Gate
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.shrinkage import Belief, believe
from collector.jobs.recommend.strata import Strata
from collector.jobs.recommend.votes import Votes, count_defaults

ENGINE_PRIORITY = (
    Backend.WEBGPU,
    Backend.WEBGL,
    Backend.WASM_SIMD_THREADS,
    Backend.WASM_SIMD,
    Backend.WASM,
    Backend.CPU,
)
"""What TensorFlow.js 4.22 picks: webgpu 3, webgl 2 = wasm 2, cpu 1; webgl registers first in its bundle."""

MENDABLE = frozenset({"errors", "incidents", "leak"})


@dataclass(frozen=True, slots=True)
class ClassEvidence:
    """All that a decision about one class looks at."""

    device: DeviceClass
    mask: NDArray[np.bool_]
    visits: list[Visit]
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
    enough: int
    """Sessions with which an arm can be judged."""

    def ran(self, arm: ArmKey) -> bool:
        """Whether a session or a race here measured an arm."""
        return arm in self.strata.counts or (self.raced is not None and arm in self.raced.counts)

    @property
    def races(self) -> int:
        """Races here that compared arms."""
        return len(np.unique(self.raced.layout.stratum)) if self.raced is not None else 0

    def passing(self) -> list[ArmKey]:
        """Arms that passed every gate, sorted."""
        return sorted(arm for arm, gates in self.gates.items() if all(gate.passed for gate in gates))

    def unproven(self) -> list[ArmKey]:
        """Arms that lack sessions and nothing else: worth trying. An unmeasured variant is not."""
        return sorted(
            arm
            for arm, gates in self.gates.items()
            if not all(gate.passed for gate in gates)
            and all(gate.passed or (gate.lacks_data and gate.gate != "accuracy") for gate in gates)
        )

    def refused(self) -> list[ArmKey]:
        """Arms that failed in sessions or leaked, and nothing else: what made them may be mended."""
        return sorted(
            arm
            for arm, gates in self.gates.items()
            if any(not (gate.passed or gate.lacks_data) for gate in gates)
            and all(gate.passed or gate.lacks_data or gate.gate in MENDABLE for gate in gates)
        )

    def _votes(self, arm: ArmKey) -> int:
        return self.strata.counts.get(arm, 0) + (self.raced.counts.get(arm, 0) if self.raced else 0)

    def lacking(self) -> dict[ArmKey, int]:
        """Arms that are worth trying, and how many sessions (at least one) each lacks to be judged."""
        lacks = {arm: max(1, self.enough - self._votes(arm)) for arm in self.unproven()}
        return lacks | {ArmKey(backend, ORIGINAL): self.enough for backend in self.untried}


def gather(
    device: DeviceClass,
    shells: Shells,
    variances: list[float],
    inputs: ModelInputs,
    settings: RecommendSettings,
) -> ClassEvidence:
    """Reads one class: its own votes, its parents' where its own do not reach a gate's needs."""
    votes = shells.votes
    mask = votes.within(device)
    visits = votes.select(mask)
    usual = votes.usual_predictions(mask)
    belief = believe(shells, device, usual, variances)
    incumbent = inputs.incumbents.get(device.key)

    default, observed = _default_arm(device, visits, inputs)
    seen = {arm: _gate_visits(device, arm, votes, settings) for arm in votes.arms}
    baselines = _baselines({arm: own.visits for arm, own in seen.items()}, default, inputs, settings)

    def check(arm: ArmKey, *, incumbent: bool) -> list[Gate]:
        return check_arm(
            arm,
            seen[arm].visits,
            capable_share(visits, arm.backend),
            variants=inputs.variants,
            leaks=inputs.leaking.get(arm.backend, []),
            settings=settings,
            baseline=baselines[arm],
            raced=seen[arm].raced,
            incumbent=incumbent,
        )

    gates: dict[ArmKey, list[Gate]] = {}
    for arm in votes.arms:
        answers = check(arm, incumbent=False)
        if arm == incumbent and not all(gate.passed for gate in answers):
            # Only now: while it passes as any other arm does, its having been chosen leaves no trace.
            answers = check(arm, incumbent=True)
        gates[arm] = answers
    return ClassEvidence(
        device=device,
        mask=mask,
        visits=visits,
        usual=usual,
        strata=votes.strata(votes.layout(device), usual),
        raced=votes.raced.strata(device, None, usual, votes.arms),
        belief=belief,
        gates=gates,
        gates_from={arm: own.place.key for arm, own in seen.items()},
        default=default,
        default_observed=observed,
        untried=_untried(visits, votes, inputs, settings),
        enough=settings.min_sessions,
    )


def _baselines(
    seen: Mapping[ArmKey, list[Visit]],
    default: ArmKey | None,
    inputs: ModelInputs,
    settings: RecommendSettings,
) -> dict[ArmKey, Baseline]:
    """What each arm is held against."""
    leaks = default is not None and bool(inputs.leaking.get(default.backend))
    shares = {arm: incident_share(own, settings) for arm, own in seen.items()}
    known = {arm: share for arm, share in shares.items() if share is not None}
    return {
        arm: Baseline(
            incidents=min(
                (share for other, share in known.items() if other != arm), default=known.get(arm, 0.0)
            ),
            leaks=leaks,
        )
        for arm in seen
    }


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the gates look at."""

    place: DeviceClass
    visits: list[Visit]
    raced: int
    """Those of the visits that are races which measured the arm."""


def _gate_visits(device: DeviceClass, arm: ArmKey, votes: Votes, settings: RecommendSettings) -> _Seen:
    """What an arm did in the nearest class, this one or a parent, that has enough of it, else in this one."""
    ran = votes.of_arm(arm)
    for place in device.ancestors():
        mask = votes.within(place) & ran
        races = votes.raced.as_visits(place, arm)
        raced = sum(visit.ready_ms is not None for visit in races)
        sessions = int((mask & votes.voting).sum())
        if sessions + raced >= settings.min_sessions or raced >= settings.min_races:
            return _Seen(place, votes.select(mask) + races, raced)
    races = votes.raced.as_visits(device, arm)
    raced = sum(visit.ready_ms is not None for visit in races)
    return _Seen(device, votes.select(votes.within(device) & ran) + races, raced)


def _default_arm(device: DeviceClass, visits: list[Visit], inputs: ModelInputs) -> tuple[ArmKey | None, bool]:
    """The backend that sessions without config ran most, else the engine's priority among those seen."""
    counts: Mapping[Backend, int] = count_defaults(inputs.defaults, device)
    if counts:
        return ArmKey(min(counts, key=lambda name: (-counts[name], name)), ORIGINAL), True
    seen = {visit.arm.backend for visit in visits}
    for backend in ENGINE_PRIORITY:
        if backend in seen:
            return ArmKey(backend, ORIGINAL), False
    return None, False


def _untried(
    visits: list[Visit], votes: Votes, inputs: ModelInputs, settings: RecommendSettings
) -> list[Backend]:
    """Backends that the devices have and no session of the model has run, all kinds of wasm among them.

    Never ``cpu``: it is many times slower in every published table, so trying it costs users and teaches
    nothing.
    """
    if not settings.explore_untried:
        return []
    tried = {arm.backend for arm in votes.arms}
    return sorted(
        backend
        for backend in ENGINE_PRIORITY
        if backend != Backend.CPU
        and backend not in tried
        and not inputs.leaking.get(backend)
        and capable_share(visits, backend) >= settings.min_capable_share
    )
