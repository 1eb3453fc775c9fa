"""Where findings are told, and how patiently. Addresses come from the settings, never from data."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_validator

from collector.alerts.episode import Patience
from collector.alerts.quiet import QuietHours


def _require_http(value: SecretStr) -> SecretStr:
    try:
        HttpUrl(value.get_secret_value())
    except ValueError as error:
        # The address may hold a secret, so the message does not repeat it.
        raise ValueError("not an http(s):// address") from error
    return value


class WebhookSettings(BaseModel):
    """A receiver of JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$", description="What logs and counts call it")
    url: SecretStr = Field(description="http(s) address; kept secret, since many hold a token")
    secret: SecretStr | None = Field(
        default=None, description="Signs each body: HMAC-SHA256 in the header Inferfleet-Signature"
    )

    _url_is_http = field_validator("url")(_require_http)


class AlertSettings(BaseModel):
    """Section ``alerts``: where findings are told."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    alertmanager_url: SecretStr | None = Field(
        default=None,
        description="Alertmanager's address, for example http://alertmanager:9093; may hold user:password@",
    )
    alertmanager_hold_s: int = Field(
        default=3600,
        ge=60,
        description="An open finding's alert ends by itself after so many seconds without being sent again. "
        "At least twice the interval of the leak job",
    )
    webhooks: list[WebhookSettings] = Field(default=[], max_length=16, description="Receivers of JSON")
    chat: list[SecretStr] = Field(
        default=[],
        max_length=16,
        description="apprise addresses (slack://, msteams://, mailto:// and others)",
    )
    fleet_page_url: str = Field(
        default="", description="The collector's public address; alerts link to it as their source"
    )
    runbook_base_url: str = Field(
        default="docs/runbooks", description="Where the runbooks are; alerts link to <base>/<kind>.md"
    )
    warning_for_s: float = Field(
        default=0,
        ge=0,
        le=86_400,
        description="A warning is told once its finding was open for so many seconds",
    )
    critical_for_s: float = Field(
        default=0,
        ge=0,
        le=86_400,
        description="A critical finding is told once it was open for so many seconds",
    )
    keep_firing_s: float = Field(
        default=0,
        ge=0,
        le=86_400,
        description="The end of a finding is told once it was resolved for so many seconds. One that opens "
        "again within them is told neither as resolved nor as open again",
    )
    quiet_hours: list[QuietHours] = Field(
        default=[],
        max_length=64,
        description="When warnings and their ends wait, by app or owner; critical findings do not",
    )
    timeout_s: float = Field(default=5, gt=0, le=60, description="Seconds for one attempt at a target")
    attempts: int = Field(default=3, ge=1, le=10, description="Attempts at a target in one run")
    backoff_s: float = Field(
        default=0.5,
        ge=0,
        le=30,
        description="Seconds before the second attempt; doubled for each further one",
    )

    @property
    def patience(self) -> Patience:
        """How long trouble lasts before it is told, and is over before its end is told."""
        return Patience(
            warning_for=timedelta(seconds=self.warning_for_s),
            critical_for=timedelta(seconds=self.critical_for_s),
            keep_firing=timedelta(seconds=self.keep_firing_s),
        )

    @field_validator("fleet_page_url")
    @classmethod
    def _fleet_page_is_http(cls, value: str) -> str:
        """Alertmanager refuses every alert of a request when the link of one has no scheme."""
        if value:
            try:
                HttpUrl(value)
            except ValueError as error:
                raise ValueError(
                    "not an address with http:// or https://; write for example https://fleet.example.com"
                ) from error
        return value

    @field_validator("alertmanager_url")
    @classmethod
    def _alertmanager_is_http(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else _require_http(value)

    @field_validator("webhooks")
    @classmethod
    def _names_differ(cls, value: list[WebhookSettings]) -> list[WebhookSettings]:
        if len({webhook.name for webhook in value}) < len(value):
            raise ValueError("two webhooks have the same name; give each its own")
        return value
