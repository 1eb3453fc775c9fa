"""A way to run a model, and one session-day that ran it."""

from dataclasses import dataclass
from typing import NamedTuple

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend


class Versions(NamedTuple):
    """What a session-day ran on; what it did not tell is empty."""

    browser: str = ""
    """Its major version."""
    engine: str = ""
    """The library; telemetry does not tell its version."""
    sdk: str = ""


UNTOLD = Versions()


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
    versions: Versions = UNTOLD
    seen_at: float | None = None
    """When its first report arrived, in seconds since 1970; None when that is not known."""


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
