"""Reference outputs: what a model answers to its reference input when its backend computes right."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple, Self

from pydantic import AllowInfNan, BaseModel, ConfigDict, StringConstraints, TypeAdapter, model_validator

from collector.contract.fields import wire_field
from collector.contract.vocabulary import ORIGINAL
from collector.contract.wire_model import Name

MOST_VALUES = 256

Finite = Annotated[float, AllowInfNan(False)]
CanaryId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Canary(_Part):
    """What a model answered to the page's reference input when it was right: other answers are wrong."""

    values: list[Finite] = wire_field("The reference output, flattened", min_length=1, max_length=MOST_VALUES)
    tolerance: Finite = wire_field("How far each value may be from its reference, absolutely", ge=0)


class CanaryReference(_Part):
    """The right answer of some variants of a model, with a tolerance for each value."""

    variants: list[Name] = wire_field(
        "The variants that answer so", sensitivity="application", min_length=1, max_length=64
    )
    values: list[Finite] = wire_field(
        "The picked values of all outputs", min_length=1, max_length=MOST_VALUES
    )
    tolerances: list[Annotated[float, AllowInfNan(False)]] = wire_field(
        "How far each value may be from its reference, absolutely", min_length=1, max_length=MOST_VALUES
    )

    @model_validator(mode="after")
    def _one_tolerance_each(self) -> Self:
        if len(self.values) != len(self.tolerances) or min(self.tolerances) < 0:
            raise ValueError("each value has a tolerance of its own, at least 0")
        return self


class RecordedCanary(_Part):
    """What ``inferfleet canary record`` measured for one model; pages that name its id are held to it."""

    id: CanaryId = wire_field("Names the model, the reference input and the choice of values")
    references: list[CanaryReference] = wire_field(
        "The right answers by variant; a variant that is in none is not checked", min_length=1, max_length=64
    )

    @model_validator(mode="after")
    def _each_variant_once(self) -> Self:
        names = [name for reference in self.references for name in reference.variants]
        if len(set(names)) < len(names):
            raise ValueError("a variant has one right answer")
        return self


Canaries = dict[Name, RecordedCanary]
"""Model -> its canary, as a config version has them."""
CANARIES: TypeAdapter[Canaries] = TypeAdapter(Canaries)


class Standing(NamedTuple):
    """What of a recorded canary holds for what is registered now (None: nothing), and what does not."""

    canary: RecordedCanary | None
    left_out: list[str]


def judge_standing(
    model: str, canary: RecordedCanary, contents: Mapping[str, str], registered: Mapping[str, str]
) -> Standing:
    """A canary says nothing of files that it was not recorded of: it would call right pages wrong.

    Args:
        model: the model's name, for messages.
        canary: what was recorded.
        contents: variant -> content id of the files that it was recorded of.
        registered: variant -> content id in the registry; empty where nobody told.
    """
    again = "record it again"
    own = registered.get(ORIGINAL)
    if own and contents.get(ORIGINAL) not in (None, own):
        return Standing(None, [f"the canary of {model} was recorded of another original: {again}"])
    other = {name for name, content in contents.items() if registered.get(name) not in (None, "", content)}
    left_out = [
        f"the canary of {model} was recorded of other files of {name}: {again}" for name in sorted(other)
    ]
    kept = [
        reference.model_copy(update={"variants": names})
        for reference in canary.references
        if (names := [name for name in reference.variants if name not in other])
    ]
    return Standing(canary.model_copy(update={"references": kept}) if kept else None, left_out)
