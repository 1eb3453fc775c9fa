"""What may be published, and from how old a decision."""

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.canary import Canary
from collector.contract.wire_model import AppName, Name


class PublishSettings(BaseModel):
    """Section ``publish``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_decision_age_days: int = Field(
        default=14, ge=1, le=365, description="A class not decided about for longer follows its parents again"
    )
    max_arms: int = Field(
        default=6,
        ge=1,
        le=16,
        description="Arms in one model's plan; the smallest shares go to the recommended one",
    )
    max_document_bytes: int = Field(
        default=2048,
        ge=512,
        le=65_536,
        description="Most bytes of a gzipped document; a publication with a larger one is refused",
    )
    canaries: dict[AppName, dict[Name, Canary]] = Field(
        default_factory=dict,
        description="Reference outputs by app and model: what the page's canary must answer, "
        '{"values": [...], "tolerance": ...}; they ride on the model\'s plan',
    )
