"""Findings as alerts of Alertmanager, which owns grouping, silences and inhibition.

API v2, POST /api/v2/alerts: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml.
An alert is identified by its labels and ends at ``endsAt``; an open one is sent again in every run, so that
it ends by itself when the collector is gone.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.alerts.http_delivery import HttpDelivery
from collector.alerts.settings import AlertSettings
from collector.contract.finding import Finding, FindingState, Severity


class AlertmanagerTarget:
    """One Alertmanager."""

    name = "alertmanager"
    resend = True

    def __init__(self, url: str, settings: AlertSettings, http: HttpDelivery) -> None:
        self._url = url.rstrip("/") + "/api/v2/alerts"
        self._settings = settings
        self._http = http

    def send(self, findings: Sequence[Finding]) -> None:
        """Posts all findings in one request."""
        alerts = [alert for finding in findings for alert in to_alerts(finding, self._settings)]
        self._http.post(self._url, json.dumps(alerts).encode(), {})


def to_alerts(finding: Finding, settings: AlertSettings) -> list[dict[str, Any]]:
    """The alerts of a finding: its own, and the end of the warning that it was before it became critical.

    The severity is a label and so part of an alert's identity: without that end, a finding that escalated
    would be told twice until the warning's hold ran out. After the hold there is nothing left to end, and
    sending the end of an alert that never was would be told to people as a resolved warning.
    """
    hold = timedelta(seconds=settings.alertmanager_hold_s)
    ends_at = finding.updated_at + hold
    if finding.state is FindingState.RESOLVED and finding.resolved_at is not None:
        ends_at = finding.resolved_at
    alerts = [_alert(finding, finding.severity, ends_at, settings)]
    escalated_at = finding.evidence.get("escalated_at")
    if escalated_at is not None and finding.updated_at <= datetime.fromisoformat(escalated_at) + hold:
        alerts.append(_alert(finding, Severity.WARNING, datetime.fromisoformat(escalated_at), settings))
    return alerts


def _alert(
    finding: Finding, severity: Severity, ends_at: datetime, settings: AlertSettings
) -> dict[str, Any]:
    cohort = finding.cohort
    alert: dict[str, Any] = {
        "labels": {
            "alertname": "Inferfleet" + "".join(part.title() for part in finding.kind.split("_")),
            "app": cohort.app,
            "model": cohort.model,
            "release": cohort.release,
            "backend": cohort.backend.value,
            "severity": severity.value,
            "finding_id": finding.finding_id,
        },
        "annotations": {
            "summary": finding.summary,
            "runbook_url": f"{settings.runbook_base_url.rstrip('/')}/{finding.kind}.md",
        },
        "startsAt": finding.opened_at.isoformat(),
        # Alertmanager refuses an alert that ends before it starts.
        "endsAt": max(ends_at, finding.opened_at).isoformat(),
    }
    if cohort.scope:
        alert["labels"]["scope"] = cohort.scope
    if settings.fleet_page_url:
        alert["generatorURL"] = f"{settings.fleet_page_url.rstrip('/')}/?app={cohort.app}"
    return alert
