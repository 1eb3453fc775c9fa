"""What is registered of the models of apps: their variants, canaries, and how much accuracy each may lose.

``folder`` reads a folder of variants and their evaluation, ``registry`` keeps them as versions that are only
ever added (``versions``), which makes the table its own audit trail.
"""

from collector.models.canaries import CanaryVersion
from collector.models.canary_registry import (
    CanaryHistory,
    CanaryList,
    CanaryRegistration,
    CanaryRegistry,
    CanaryView,
)
from collector.models.registration import Facts, Registration, Verdict
from collector.models.registry import ModelRegistry
from collector.models.versions import UnknownVariant, VariantConflict, VariantVersion
from collector.models.views import (
    ModelBudget,
    Registered,
    RegisteredVariants,
    RemovedVariant,
    VariantHistory,
    VariantList,
    VariantView,
)

__all__ = [
    "CanaryHistory",
    "CanaryList",
    "CanaryRegistration",
    "CanaryRegistry",
    "CanaryVersion",
    "CanaryView",
    "Facts",
    "ModelBudget",
    "ModelRegistry",
    "Registered",
    "RegisteredVariants",
    "Registration",
    "RemovedVariant",
    "UnknownVariant",
    "VariantConflict",
    "VariantHistory",
    "VariantList",
    "VariantVersion",
    "VariantView",
    "Verdict",
]
