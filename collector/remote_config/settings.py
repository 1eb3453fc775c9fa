"""How config documents are signed, cached and expired."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class ConfigSettings(BaseModel):
    """Section ``config``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signing_key: SecretStr | None = Field(
        default=None,
        description="Ed25519 seed, 32 bytes in base64; from the environment. None: documents are not signed",
    )
    lifetime_hours: int = Field(
        default=168,
        ge=2,
        le=24 * 90,
        description="A document is valid at least this long after it was served",
    )
    expiry_step_hours: int = Field(
        default=24,
        ge=1,
        le=24 * 30,
        description="Expiry moves on in steps of this: in between, a document and its ETag stay the same",
    )
    max_age_seconds: int = Field(
        default=300,
        ge=0,
        le=86_400,
        description="Seconds that a browser or CDN uses a document without asking",
    )
    stale_seconds: int = Field(
        default=86_400,
        ge=0,
        description="How long a CDN may serve an old document while it asks, or when we do not answer",
    )
    refresh_seconds: float = Field(
        default=15.0, ge=0, le=3600, description="How often the active version is read again from the store"
    )
    cached_documents: int = Field(
        default=4096,
        ge=1,
        le=1_000_000,
        description="Signed documents kept in memory, the least used go first",
    )
    cached_apps: int = Field(
        default=1024, ge=1, le=100_000, description="Apps whose active version is kept in memory"
    )

    @model_validator(mode="after")
    def _caches_end_before_expiry(self) -> "ConfigSettings":
        if self.max_age_seconds + self.stale_seconds > self.lifetime_hours * 3600:
            raise ValueError(
                "config.max_age_seconds + config.stale_seconds must not exceed config.lifetime_hours: "
                "a cache would serve documents that the SDK refuses as expired"
            )
        return self
