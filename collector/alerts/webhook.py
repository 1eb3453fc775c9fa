"""Notices as signed JSON, one POST for each event."""

import hashlib
import hmac
import json
from collections.abc import Sequence

from collector.alerts.http_delivery import HttpDelivery
from collector.alerts.notice import Notice
from collector.alerts.settings import AlertSettings, WebhookSettings

SIGNATURE_HEADER = "Inferfleet-Signature"
KEY_HEADER = "Idempotency-Key"


def sign_body(secret: str, body: bytes) -> str:
    """``sha256=`` and the hex HMAC-SHA256 of the body: what a receiver recomputes and compares."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def to_body(notice: Notice, settings: AlertSettings) -> bytes:
    """The event as JSON with sorted keys: the finding, its id and key, and where to read on."""
    event = {
        "event": notice.event,
        "finding_id": notice.finding_id,
        "kind": notice.kind,
        "test": notice.is_test,
        "cohort": dict(notice.cohort),
        "owner": notice.owner,
        "state": notice.state.value,
        "severity": notice.severity.value,
        "opened_at": notice.opened_at.isoformat(),
        "updated_at": notice.updated_at.isoformat(),
        "resolved_at": None if notice.resolved_at is None else notice.resolved_at.isoformat(),
        "summary": notice.summary,
        "description": notice.description(settings),
        "evidence": dict(notice.evidence),
        "runbook_url": notice.runbook_url(settings),
        "dashboard_url": notice.dashboard_url(settings),
        "fleet_page_url": settings.fleet_page_url,
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

    def send(self, notices: Sequence[Notice]) -> str:
        """Posts each notice by itself: each has its own key."""
        answer = ""
        for notice in notices:
            body = to_body(notice, self._settings)
            headers = {KEY_HEADER: notice.event}
            if self._webhook.secret is not None:
                headers[SIGNATURE_HEADER] = sign_body(self._webhook.secret.get_secret_value(), body)
            answer = self._http.post(self._webhook.url.get_secret_value(), body, headers)
        return answer
