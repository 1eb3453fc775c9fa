"""The plans of a config version, as stored."""

from pydantic import TypeAdapter

from collector.contract.config_document import ModelPlan
from collector.contract.fields import wire_field
from collector.contract.vocabulary import Backend


class ClassPlan(ModelPlan):
    """A plan for any device of a class. What is served is one of the two, made to fit the device."""

    able: ModelPlan | None = wire_field(
        "What devices run instead that have a backend which most of the class lack", default=None
    )
    guesses: list[Backend] | None = wire_field(
        "Fallbacks that no evidence speaks for: for pages on which nothing else starts, not for devices that "
        "lack the other arms, which run the engine's default",
        default=None,
    )
    told_only: bool | None = wire_field(
        "True: for devices that say what they lack; others go without, and run the engine's default",
        default=None,
    )


Plans = dict[str, dict[str, ClassPlan]]
"""Device class key -> model -> plan."""
PLANS: TypeAdapter[Plans] = TypeAdapter(Plans)
