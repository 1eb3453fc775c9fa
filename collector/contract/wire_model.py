"""What parts of a report are made of: a base that keeps what it does not know, names, counts, times."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from collector.contract.fields import wire_field
from collector.contract.vocabulary import Backend

AppName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
RandomId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,36}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
GpuFamily = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}(-[a-z0-9]{1,12}){0,2}$")]
EpochMs = Annotated[int, wire_field("epoch milliseconds", unit="ms", ge=0, le=1 << 46)]
MAX_UINT32 = (1 << 32) - 1
Count32 = Annotated[int, wire_field("a count", ge=0, le=MAX_UINT32)]


def _whole(value: object) -> object:
    """A ``Literal`` of numbers takes true for 1 and 4.0 for 4, which no column takes."""
    if type(value) is not int:
        raise ValueError("a whole number is expected")
    return value


Whole = BeforeValidator(_whole)


class WireModel(BaseModel):
    """A part of a report. Unknown fields are kept aside, so that they can be counted and ignored.

    ``CHECK`` holds fields against each other. It takes an instance of the model, or of the struct that the
    hot path makes from it, and raises ValueError.
    """

    CHECK: ClassVar[Callable[[Any], None] | None] = None

    model_config = ConfigDict(strict=True, extra="allow")


class Subject(WireModel):
    """What an item is about: a model, as a variant, on a backend."""

    model: Name = wire_field("The model's name, as the page gave it", sensitivity="application")
    variant: Name = wire_field(
        "The variant's name, for example float16", sensitivity="application", default="original"
    )
    backend: Backend = wire_field("What executed it")
    steerable: bool = wire_field(
        "A plan can choose backend or variant; false for a model that the page only had watched", default=True
    )


def unknown_fields(model: WireModel) -> int:
    """How many fields of a report this version does not know, nested ones included."""
    count = len(model.model_extra or ())
    for value in model.__dict__.values():
        if isinstance(value, WireModel):
            count += unknown_fields(value)
        elif isinstance(value, list) and value and isinstance(value[0], WireModel):
            count += sum(unknown_fields(item) for item in value)
    return count
