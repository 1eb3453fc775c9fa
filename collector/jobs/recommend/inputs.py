"""What a decision is made from, free of the store: the same inputs always give the same records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend, RaceAsk, RaceOutcome


class ArmKey(NamedTuple):
    """A way to run a model."""

    backend: Backend
    variant: str

    def __str__(self) -> str:
        return f"{self.backend}/{self.variant}"


@dataclass(frozen=True, slots=True)
class Visit:
    """One session on one day with one arm: one vote, however many reports it sent."""

    device: DeviceClass
    arm: ArmKey
    predictions: int
    errors: int = 0
    ready_ms: float | None = None
    """The session's own quantile of ready_ms; None when no result was seen to be ready."""
    start_ms: float | None = None
    """Load + backend start + first prediction; None when no load was reported."""
    incidents: frozenset[str] = frozenset()
    """Kinds of incident seen; ``not_started`` when the arm was tried and did not start."""
    capable: frozenset[Backend] = frozenset()
    """Backends that the device says it has."""
    release: str = ""
    """The page's release; empty when it tells none."""


@dataclass(frozen=True, slots=True)
class RacedArm:
    """How one arm fared. Times are in ms."""

    outcome: RaceOutcome
    ready_ms: float | None = None
    """Median of its warm predictions; a measured arm has it."""
    start_ms: float | None = None
    """Backend start + load, from the cache where it could be, + first prediction; None when it made none.

    An arm whose backend another arm of the race had started is given that start.
    """
    won: bool = False


@dataclass(frozen=True, slots=True)
class Race:
    """One race of one model; a session has one a day."""

    device: DeviceClass
    arms: Mapping[ArmKey, RacedArm]
    """In the order that they ran."""
    session: str
    day: date
    release: str = ""
    asked: RaceAsk = RaceAsk.PLAN
    capable: frozenset[Backend] = frozenset()
    """Backends that the device says it has."""

    @property
    def winner(self) -> ArmKey | None:
        """The arm that the model then ran on; None when the race chose none."""
        return next((key for key, arm in self.arms.items() if arm.won), None)

    def measured(self) -> dict[ArmKey, float]:
        """``ready_ms`` of each arm that was measured: two or more are a paired comparison."""
        return {
            key: arm.ready_ms
            for key, arm in self.arms.items()
            if arm.outcome is RaceOutcome.MEASURED and arm.ready_ms is not None
        }


@dataclass(frozen=True, slots=True)
class VariantQuality:
    """What the registry knows of a variant."""

    agreement: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """Everything a decision about one model of one app looks at."""

    app: str
    model: str
    visits: list[Visit]
    defaults: dict[DeviceClass, dict[Backend, int]] = field(default_factory=dict)
    """Leaf class -> backend -> sessions that ran without any config: what the engine picks by itself."""
    variants: dict[str, VariantQuality] = field(default_factory=dict)
    leaking: dict[Backend, list[str]] = field(default_factory=dict)
    """Backend -> ids of its open leak findings."""
    races: Sequence[Race] = ()
    days: float = 1.0
    """Days that the visits are spread over."""
    incumbents: dict[str, ArmKey] = field(default_factory=dict)
    """Device class key -> the arm that the last decision committed to."""


def capable_backends(*, wasm_simd: bool, wasm_threads: bool, webgl: int, webgpu: bool) -> frozenset[Backend]:
    """The backends that a device's facts allow. Plain cpu and wasm are taken to run everywhere."""
    allowed = {Backend.CPU, Backend.WASM}
    if wasm_simd:
        allowed.add(Backend.WASM_SIMD)
    if wasm_simd and wasm_threads:
        allowed.add(Backend.WASM_SIMD_THREADS)
    if webgl:
        allowed.add(Backend.WEBGL)
    if webgpu:
        allowed.add(Backend.WEBGPU)
    return frozenset(allowed)
