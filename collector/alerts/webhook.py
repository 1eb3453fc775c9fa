"""Findings as signed JSON, one POST for each event."""

import hashlib
import hmac
import json
from collections.abc import Sequence

from collector.alerts.http_delivery import HttpDelivery
from collector.alerts.settings import AlertSettings, WebhookSettings
from collector.alerts.target import event_key
from collector.contract.finding import Finding

SIGNATURE_HEADER = "Inferfleet-Signature"
KEY_HEADER = "Idempotency-Key"


def sign_body(secret: str, body: bytes) -> str:
    """``sha256=`` and the hex HMAC-SHA256 of the body: what a receiver recomputes and compares."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def to_body(finding: Finding, settings: AlertSettings) -> bytes:
    """The event as JSON with sorted keys: the finding, its id and key, and where to read on."""
    event = {
        "event": event_key(finding),
        "finding_id": finding.finding_id,
        "runbook_url": f"{settings.runbook_base_url.rstrip('/')}/{finding.kind}.md",
        "fleet_page_url": settings.fleet_page_url,
        **finding.model_dump(mode="json"),
    }
    return json.dumps(event, sort_keys=True).encode()


class WebhookTarget:
    """One receiver."""

    resend = False

    def __init__(self, webhook: WebhookSettings, settings: AlertSettings, http: HttpDelivery) -> None:
        self.name = f"webhook:{webhook.name}"
        self._webhook = webhook
        self._settings = settings
        self._http = http

    def send(self, findings: Sequence[Finding]) -> None:
        """Posts each finding by itself: each has its own key."""
        for finding in findings:
            body = to_body(finding, self._settings)
            headers = {KEY_HEADER: event_key(finding)}
            if self._webhook.secret is not None:
                headers[SIGNATURE_HEADER] = sign_body(self._webhook.secret.get_secret_value(), body)
            self._http.post(self._webhook.url.get_secret_value(), body, headers)
