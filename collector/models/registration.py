"""What somebody says of a variant: where it is, what is in it, and what was measured of it."""

import math
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    field_validator,
    model_validator,
)

from collector.contract.authorship import fit
from collector.contract.vocabulary import ORIGINAL, Backend
from collector.contract.wire_model import Name
from collector.models.addresses import check_address
from collector.models.bounded_json import check_size
from collector.variant_folder import SOURCE

MOST_BYTES = 1 << 40
MOST_METADATA = 131_072
"""Bytes of a registration's metadata as JSON."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
Integrity = Annotated[str, StringConstraints(pattern=r"^(sha256-[A-Za-z0-9+/]{43}=)?$")]
Label = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9._+-]{0,63})?$")]
Grounds = Annotated[list[Annotated[str, StringConstraints(max_length=300)]], Field(max_length=32)]
"""Why an evaluation refused something."""


_NAME: TypeAdapter[str] = TypeAdapter(Name)


def check_name(name: str) -> str:
    """The name of a model or a variant, as reports may have it.

    Raises:
        ValueError: it cannot be one.
    """
    return fit(
        _NAME,
        name,
        "the name of a model or variant is up to 64 letters, digits and ._+-, and begins with a letter or "
        "digit",
    )


class Verdict(BaseModel):
    """What an evaluation says of a variant on one backend. Its measurements stay in the evaluation."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    accepted: bool
    agrees: bool | None = None
    refused_by: Grounds = Field(default_factory=list)


class Facts(BaseModel):
    """All that is registered of a variant beside its name. What nobody told is empty or null."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    """Empty for the original only: it is where the page has it."""
    engine: Label = ""
    """As reports name it: ``tfjs``, ``onnxruntime``."""
    kind: Label = ""
    """How it was made: ``float16``, ``pruned``."""
    content_id: Sha256 = ""
    """Over weights and topology."""
    source_id: Sha256 = ""
    """Of what it was made from."""
    bytes: int = Field(default=0, ge=0, le=MOST_BYTES)
    """Of all its files; 0 for the original when nobody counted them."""
    brotli_bytes: int | None = Field(default=None, ge=1, le=MOST_BYTES)
    integrity: Integrity = ""
    """Of the file that the URL names, which names the hashes of the others; empty: pages do not check it."""
    agreement: float | None = None
    """Share of outputs that agree with the source's within the tolerance."""
    accuracy: float | None = None
    accuracy_of: Label = ""
    """The metric that ``accuracy`` is of, as ``top1``."""
    samples: int | None = Field(default=None, ge=1, le=1 << 53)
    """Labelled inputs that ``accuracy`` was measured on."""
    accepted: bool | None = None
    """The verdict of an evaluation on the variant as a whole; null when there was none."""
    refused_by: Grounds = Field(default_factory=list)
    backends: dict[Backend, Verdict] = Field(default_factory=dict)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @field_validator("url")
    @classmethod
    def _page_can_load(cls, value: str) -> str:
        return check_address(value) if value else value

    @field_validator("agreement", "accuracy")
    @classmethod
    def _is_share(cls, value: float | None) -> float | None:
        if value is not None and not (math.isfinite(value) and 0 <= value <= 1):
            raise ValueError("must be a share from 0 to 1, as 0.618 for 61.8 %")
        return value

    @field_validator("metadata")
    @classmethod
    def _is_small(cls, value: dict[str, Any]) -> dict[str, Any]:
        return check_size(value, MOST_METADATA)

    @model_validator(mode="after")
    def _accuracy_is_of_something(self) -> Self:
        if self.accuracy is not None and not self.accuracy_of:
            raise ValueError("an accuracy says what it is of: name the metric, as top1")
        if self.accuracy is None and (self.accuracy_of or self.samples is not None):
            raise ValueError("a metric or a number of samples needs the accuracy that was measured")
        return self


class Registration(Facts):
    """One variant of one model, to be registered."""

    model: Name
    variant: Name

    @model_validator(mode="after")
    def _can_be_served(self) -> Self:
        if self.variant == SOURCE:
            raise ValueError(f"the fleet calls the unmodified source {ORIGINAL}: register it by that name")
        if self.variant != ORIGINAL and not self.url:
            raise ValueError(f"variant {self.variant} needs the URL that pages load it from")
        if self.variant != ORIGINAL and not self.bytes:
            raise ValueError(f"variant {self.variant} needs the number of its bytes, which decisions weigh")
        return self
