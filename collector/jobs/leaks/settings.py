"""What counts as a leak, and how much evidence it takes."""

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class GrowthThreshold(BaseModel):
    """How much a signal must grow before a session is called leaking: one of the rates, and all the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_slope: float = Field(gt=0, description="Growth per prediction, or per load")
    min_per_minute: float | None = Field(
        default=None,
        gt=0,
        description="Or growth per minute that the model is watched; none: only the former",
    )
    min_growth: float = Field(gt=0, description="Growth over the session after warm-up")
    min_rising: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="Share of a session's stretches in which the level that is never given back must rise",
    )

    def is_fast(self, slope: float, pace: float) -> bool:
        """Whether one of the rates is reached, at ``pace`` predictions per minute; 0 where nobody knows."""
        per_minute = self.min_per_minute is not None and slope * pace >= self.min_per_minute
        return slope >= self.min_slope or per_minute


class SteppedGrowthThreshold(GrowthThreshold):
    """For what grows by steps of a fifth of its size: steady growth rises in fewer stretches."""

    min_rising: float = Field(
        default=0.35,
        gt=0,
        le=1,
        description="As above; three steps, as of models that were loaded later, are too few still",
    )


class LeakSettings(BaseModel):
    """Section ``leaks``: what counts as a leak, and how much evidence it takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lookback_days: float = Field(
        default=7, gt=0, le=90, description="Sessions older than this are not looked at"
    )
    judged_sessions: int = Field(
        default=100, ge=2, le=2000, description="A cohort is judged on this many of its newest sessions"
    )
    min_sessions: int = Field(
        default=5, ge=1, description="Fewer voting sessions than this open no finding and close none"
    )
    warmup_predictions: int = Field(
        default=5, ge=0, description="Predictions at a session's start whose memory is not judged"
    )
    min_predictions: int = Field(
        default=20, ge=2, description="A session votes once it made this many predictions after warm-up"
    )
    min_loads: int = Field(
        default=8,
        ge=3,
        description="A session votes on growth with loads once it made predictions with this many models of "
        "one name after the first two",
    )
    min_share: float = Field(
        default=0.15,
        gt=0,
        lt=1,
        description="A cohort leaks when the 95 % lower bound of its share of leaking sessions reaches this. "
        "Keep it above the share of sessions that may be hostile",
    )
    regression_sessions: int = Field(
        default=20,
        ge=2,
        description="Sessions on each side before a comparison of releases may open a finding",
    )
    regression_p: float = Field(
        default=0.001,
        gt=0,
        lt=0.5,
        description="Mann-Whitney p below which a release is worse than the one before",
    )
    pool_p: float = Field(
        default=0.01,
        gt=0,
        lt=0.5,
        description="Sign test p below which the longer sessions of a cohort grow together, each of them too "
        "little to be called leaking",
    )
    resolve_after_hours: float = Field(
        default=24,
        gt=0,
        description="A finding is resolved when its cohort had no voting session for so long",
    )
    redeliver_hours: float = Field(
        default=48,
        ge=0,
        description="Findings resolved within this time are handed to alerting again, so that a target that "
        "was down still learns of them",
    )
    tab_bytes: int = Field(
        default=1 << 30,
        gt=0,
        description="Leaked bytes at which a phone is assumed to end a tab: findings say after how many "
        "minutes of use. Phones differ; the incidents `killed` of your visitors tell better",
    )
    tensors: GrowthThreshold = Field(
        default=GrowthThreshold(min_slope=0.05, min_per_minute=6, min_growth=8),
        description="numTensors; in tensors",
    )
    bytes: GrowthThreshold = Field(
        default=GrowthThreshold(min_slope=256, min_per_minute=1 << 18, min_growth=1 << 20),
        description="numBytes; in bytes",
    )
    gpu_bytes: GrowthThreshold = Field(
        default=GrowthThreshold(min_slope=256, min_per_minute=1 << 18, min_growth=2 << 20),
        description="Bytes on the GPU; in bytes",
    )
    gpu_allocated: GrowthThreshold = Field(
        default=GrowthThreshold(min_slope=1024, min_growth=32 << 20),
        description="Bytes that the engine holds on the GPU, those that wait for reuse included; in bytes",
    )
    heap: SteppedGrowthThreshold = Field(
        default=SteppedGrowthThreshold(min_slope=1024, min_growth=32 << 20),
        description="The wasm heap; in bytes",
    )
    load_tensors: GrowthThreshold = Field(
        default=GrowthThreshold(min_slope=0.5, min_growth=8),
        description="numTensors against models of one name that a session loads; in tensors",
    )
    load_bytes: GrowthThreshold = Field(
        default=GrowthThreshold(min_slope=1024, min_growth=1 << 20),
        description="numBytes against such loads, where the library counts no tensors; in bytes",
    )

    @property
    def lookback(self) -> timedelta:
        """How far back sessions are loaded."""
        return timedelta(days=self.lookback_days)

    @property
    def resolve_after(self) -> timedelta:
        """How long a cohort may be silent before its findings are resolved."""
        return timedelta(hours=self.resolve_after_hours)

    @property
    def redeliver(self) -> timedelta:
        """How long a resolved finding is still handed to alerting."""
        return timedelta(hours=self.redeliver_hours)

    @model_validator(mode="after")
    def _silence_is_visible(self) -> Self:
        if self.resolve_after > self.lookback:
            raise ValueError(
                f"leaks.resolve_after_hours ({self.resolve_after_hours:g}) must not exceed "
                f"leaks.lookback_days ({self.lookback_days:g}): a longer silence cannot be seen"
            )
        return self
