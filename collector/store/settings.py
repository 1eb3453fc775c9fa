"""The store's settings."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collector.store.dsn import Dsn


class StoreSettings(BaseModel):
    """Section ``store``: where the data lives."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dsn: SecretStr | None = Field(
        default=None,
        description=(
            "chdb:///absolute/path for ClickHouse inside the collector's process, or "
            "http(s)://user:password@host:port/database for a server. None: chdb in <data_dir>/engine"
        ),
    )

    retention_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="How many days events are kept; decisions and configs stay for ever",
    )

    @field_validator("dsn")
    @classmethod
    def _is_a_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Dsn.parse(value.get_secret_value())
        return value
