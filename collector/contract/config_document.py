"""What the collector sends back: ``GET /v1/config/{app}`` and the same bytes as static files.

The document travels inside an envelope as text, so that the signature covers exact bytes and no canonical
form of JSON has to be agreed on. Its size is at most 2 KB gzipped.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from collector.contract.canary import Canary, RecordedCanary
from collector.contract.fields import wire_field
from collector.contract.race import MAX_RACE_BUDGET_MS
from collector.contract.vocabulary import Backend
from collector.contract.wire_model import AppName, Count32, EpochMs, Name

ModelUrl = Annotated[str, StringConstraints(pattern=r"^(https?://|/|\./)[^\s\\]{0,500}$")]

Integrity = Annotated[str, StringConstraints(pattern=r"^sha256-[A-Za-z0-9+/]{43}=$")]
"""A file's hash, written as in Subresource Integrity."""

_INTEGRITY = (
    "The hash of the file at the URL, which names the hashes of the model's other files; "
    "none leaves them unchecked"
)


class ConfigModel(BaseModel):
    """A part of a config document."""

    model_config = ConfigDict(frozen=True)


class Arm(ConfigModel):
    """A way to run a model, and the share of installs that use it."""

    backend: Backend = wire_field("What executes the model")
    variant: Name = wire_field("Which variant of the model", sensitivity="application", default="original")
    url: ModelUrl | None = wire_field(
        "Where the variant is; none keeps the URL that the page gave", sensitivity="application", default=None
    )
    integrity: Integrity | None = wire_field(_INTEGRITY, default=None)
    probability: float = wire_field("The share of installs that draw this arm", ge=0, le=1)


class RaceArm(ConfigModel):
    """A way to run a model that takes part in a race."""

    backend: Backend = wire_field("What executes the model")
    variant: Name = wire_field("Which variant of the model", sensitivity="application", default="original")
    url: ModelUrl | None = wire_field(
        "Where the variant is; none keeps the URL that the page gave", sensitivity="application", default=None
    )
    integrity: Integrity | None = wire_field(_INTEGRITY, default=None)


class RacePlan(ConfigModel):
    """Which installs measure arms against each other on their own device, before they use one."""

    share: float = wire_field(
        "The share of installs that race, drawn apart from the draw of the arms", ge=0, le=1
    )
    budget_ms: int = wire_field(
        "The time that a race may take", unit="ms", ge=0, le=MAX_RACE_BUDGET_MS, default=1500
    )
    start_weight: float = wire_field(
        "What a millisecond of starting weighs against one of a warm prediction, when the winner is chosen",
        ge=0,
        le=100,
        default=0.0,
    )
    arms: list[RaceArm] = wire_field("The arms to race, in this order", min_length=2, max_length=8)

    @model_validator(mode="after")
    def _each_arm_once(self) -> Self:
        if len({(arm.backend, arm.variant) for arm in self.arms}) < len(self.arms):
            raise ValueError("an arm runs once in a race")
        return self


class ModelPlan(ConfigModel):
    """How one model is run on this device class."""

    arms: list[Arm] = wire_field("Arms whose probabilities add up to 1", min_length=1, max_length=16)
    fallbacks: list[Backend] = wire_field(
        "Backends to try, in order, when the drawn one does not start", max_length=8, default_factory=list
    )
    wasm_threads: int | None = wire_field(
        "Threads for the wasm backends; none lets the engine choose", ge=1, le=64, default=None
    )
    canary: Canary | None = wire_field(
        "The reference output to check the model against after it was loaded",
        sensitivity="application",
        default=None,
    )
    race: RacePlan | None = wire_field("Which arms are raced, on which share of installs", default=None)


class ConfigDocument(ConfigModel):
    """The plan for one app on one device class. A plan is immutable: a change of it is a new version."""

    v: Literal[1] = wire_field("Document version", default=1)
    app: AppName = wire_field("The app", sensitivity="application")
    version: Count32 = wire_field("The config's version, ascending")
    device_class: str = wire_field("The class this document was matched to, for the exposure")
    issued_at: EpochMs = wire_field("When the version was made", unit="ms", ge=0)
    expires_at: EpochMs = wire_field("After this the SDK stops using it", unit="ms", ge=0)
    enabled: bool = wire_field(
        "False is the kill switch: the SDK measures nothing and steers nothing", default=True
    )
    sample_rate: float = wire_field("The share of sessions that report", ge=0, le=1, default=1.0)
    wasm_paths: ModelUrl | None = wire_field(
        "Where the engine's wasm files are; none keeps what the page set",
        sensitivity="application",
        default=None,
    )
    models: dict[Name, ModelPlan] = wire_field("A plan for each model", default_factory=dict)
    canaries: dict[Name, RecordedCanary] | None = wire_field(
        "Recorded canaries by model, also of models without a plan", default=None
    )


class ConfigEnvelope(ConfigModel):
    """A config document with its signature."""

    document: str = wire_field("The ConfigDocument as JSON text, exactly as signed")
    key_id: str | None = wire_field(
        "Which key signed it: the first 16 hex digits of its SHA-256", default=None
    )
    signature: str | None = wire_field("Ed25519 over the UTF-8 bytes of document, base64url", default=None)
