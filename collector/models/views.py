"""What operators are shown of variants, and what they are answered."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.variant_quality import Limits, VariantQuality, judge
from collector.contract.vocabulary import ORIGINAL
from collector.models.versions import VariantVersion

Verdict = Literal["reference", "accepted", "refused", "unmeasured"]


class VariantView(BaseModel):
    """A variant with what the accuracy gate says of it now, whatever backend it runs on."""

    model_config = ConfigDict(frozen=True)

    registered: VariantVersion
    verdict: Verdict
    why: str
    """The figures behind the verdict."""
    refused_on: dict[str, list[str]]
    """Backend -> why its evaluation refused the variant there."""


class ModelBudget(BaseModel):
    """How much accuracy a variant of a model may lose."""

    model_config = ConfigDict(frozen=True)

    model: str
    max_accuracy_loss: float
    own: bool
    """Whether it is the model's own; else the setting ``recommend.max_accuracy_loss`` holds."""
    version: int
    """0 while the model never had one of its own."""


class VariantList(BaseModel):
    """Variants by model and name, and the budget of each model among them."""

    model_config = ConfigDict(frozen=True)

    app: str
    variants: list[VariantView]
    budgets: list[ModelBudget]


class VariantHistory(BaseModel):
    """One variant, and its versions, newest first."""

    model_config = ConfigDict(frozen=True)

    variant: VariantView
    history: list[VariantVersion]


class Registered(BaseModel):
    """What became of one variant that was to be registered."""

    model_config = ConfigDict(frozen=True)

    model: str
    variant: str
    version: int
    changed: bool
    """False: it was registered so before, and nothing was stored."""
    verdict: Verdict
    why: str
    warnings: list[str] = Field(default_factory=list)


class RegisteredVariants(BaseModel):
    """What became of variants that were to be registered, in their order."""

    model_config = ConfigDict(frozen=True)

    app: str
    variants: list[Registered]


class RemovedVariant(BaseModel):
    """A variant that is gone from the registry. Its history stays."""

    model_config = ConfigDict(frozen=True)

    app: str
    model: str
    variant: str
    version: int
    at: datetime


def view(version: VariantVersion, original: VariantQuality | None, limits: Limits) -> VariantView:
    """A variant as it is shown."""
    verdict, why = assess(version, original, limits)
    refused = {
        backend: [*found.refused_by, *(["other outputs than the source's"] if found.agrees is False else [])]
        for backend, found in version.backends.items()
        if not found.accepted or found.agrees is False
    }
    return VariantView(registered=version, verdict=verdict, why=why, refused_on=refused)


def assess(version: VariantVersion, original: VariantQuality | None, limits: Limits) -> tuple[Verdict, str]:
    """What the accuracy gate says of a variant, and the figures."""
    if version.variant == ORIGINAL:
        return "reference", "the other variants are compared with it"
    quality = version.quality()
    passed, why = judge(quality, original, limits)
    if passed:
        return "accepted", why
    figures = (quality.agreement, quality.accuracy, quality.accepted)
    measured = any(figure is not None for figure in figures)
    return ("refused" if measured else "unmeasured"), why
