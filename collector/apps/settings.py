"""Apps that the settings declare, and how fast a collector learns of those that the store keeps."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

from collector.contract.objective import ObjectiveText
from collector.contract.owner import Owner

MOST_ORIGINS = 100
MOST_DAYS = 3650
_ORIGIN = re.compile(r"\*|null|file://|[a-z][a-z0-9+.-]{0,31}://[^/?#@\s]{1,255}")


def _as_browsers_send_it(origin: str) -> str:
    """An origin that is written another way would be no page's, and all its reports refused."""
    scheme, mark, host = origin.partition("://")
    if scheme.lower() in ("http", "https"):
        origin = f"{scheme}{mark}{host.removesuffix('/')}".lower()
        origin = origin.removesuffix(":443" if scheme.lower() == "https" else ":80")
        if "*" in host:
            raise ValueError(f"{origin!r}: name each origin by itself, or write * for any")
        if not host.isascii():
            raise ValueError(f"{origin!r}: write the host as browsers send it, in ASCII (xn--...)")
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(
            f"{origin!r} is no origin: write https://host[:port] without a path (or another scheme, as in "
            "capacitor://localhost), file://, null, or *"
        )
    return origin


Origin = Annotated[str, AfterValidator(_as_browsers_send_it)]
"""What a browser sends as ``Origin``; ``*`` stands for any."""


class AppSettings(BaseModel):
    """Section ``apps.NAME``: an app that may report."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: list[SecretStr] = Field(
        min_length=1,
        description="Write keys. They are public, since pages carry them; several allow a rotation",
    )
    origins: list[Origin] = Field(
        default=["*"],
        min_length=1,
        max_length=MOST_ORIGINS,
        description="Origins of pages that may report, as https://host[:port], another scheme such as "
        "capacitor://localhost or chrome-extension://ID, file:// or null; * for any",
    )
    sample_rate: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Share of sessions that report, which SDKs learn with the config. None: what the store "
        "keeps for the app, else all",
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=MOST_DAYS,
        description="How many days the app's events are kept, at most store.retention_days. None: what the "
        "store keeps for the app, else store.retention_days",
    )

    objective: ObjectiveText | None = Field(
        default=None,
        description="What the app's arms are chosen by, as `loop` or `ready=1,first_result=0.5`. None: "
        "what the store keeps for the app, else recommend.objective",
    )

    owner: Owner | None = Field(
        default=None,
        description="Who looks after the app, as alerts name it in their label `owner`. None: what the store "
        "keeps for the app, else nobody",
    )

    @field_validator("keys")
    @classmethod
    def _keys_are_long_enough(cls, keys: list[SecretStr]) -> list[SecretStr]:
        if any(len(key.get_secret_value()) < 4 for key in keys):
            raise ValueError("a write key has at least 4 characters")
        return keys


class AccessSettings(BaseModel):
    """Section ``access``: how a collector learns which apps and keys the store keeps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refresh_seconds: float = Field(
        default=5.0,
        ge=0.1,
        le=300,
        description="How often apps and keys are read again from the store: a key that was revoked through "
        "another collector is refused after this at most",
    )
