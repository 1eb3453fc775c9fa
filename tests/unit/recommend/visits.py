"""Visits made up for tests, from seeded random numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from collector.contract.device_class import DeviceClass, leaf
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Visit, capable_backends
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.session_days import SessionDays

EVERYTHING = capable_backends(wasm_simd=True, wasm_threads=True, webgl=2, webgpu=True)
LINUX = leaf(
    {
        "form": "desktop",
        "os": "linux",
        "browser": "chromium",
        "gpu": "intel-gen12",
        "memory_gb": 8,
        "cores": 4,
    }
)


def arm(backend: Backend | str, variant: str = "original") -> ArmKey:
    return ArmKey(Backend(backend), variant)


def visits(
    which: ArmKey | str,
    count: int,
    ready_ms: float,
    *,
    seed: int = 0,
    spread: float = 0.3,
    device: DeviceClass = LINUX,
    start_ms: float | None = 0.0,
    **fields: Any,
) -> list[Visit]:
    """Sessions whose steady latency is log-normal around ``ready_ms``."""
    key = which if isinstance(which, ArmKey) else arm(which)
    name = sum(map(ord, f"{key}{device.key}"))
    random = np.random.default_rng([seed, name])
    return [
        Visit(
            device=device,
            arm=key,
            predictions=fields.get("predictions", 100),
            errors=fields.get("errors", 0),
            ready_ms=float(ready_ms * random.lognormal(0, spread)),
            start_ms=start_ms,
            incidents=fields.get("incidents", frozenset()),
            capable=fields.get("capable", EVERYTHING),
            release=fields.get("release", ""),
        )
        for _ in range(count)
    ]


def inputs(*groups: list[Visit], default: str = "webgl", **fields: Any) -> ModelInputs:
    together = [visit for group in groups for visit in group]
    defaults: dict[DeviceClass, Mapping[Backend, int]] = {
        device: {Backend(default): 10} for device in {visit.device for visit in together}
    }
    return ModelInputs(
        app="demo", model="blazeface", visits=SessionDays.of(together), defaults=defaults, **fields
    )  # type: ignore[arg-type]
