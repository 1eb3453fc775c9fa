"""The plans of a config version, as stored."""

from pydantic import TypeAdapter

from collector.contract.config_document import ModelPlan
from collector.contract.fields import wire_field


class ClassPlan(ModelPlan):
    """A plan for any device of a class. What is served is one of the two, made to fit the device."""

    able: ModelPlan | None = wire_field(
        "What devices run instead that have a backend which most of the class lack", default=None
    )


Plans = dict[str, dict[str, ClassPlan]]
"""Device class key -> model -> plan."""
PLANS: TypeAdapter[Plans] = TypeAdapter(Plans)
