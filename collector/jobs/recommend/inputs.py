"""What a decision is made from, free of the store: the same inputs always give the same records."""

from dataclasses import dataclass, field
from typing import NamedTuple

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend


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
