"""Notices as alerts of Alertmanager, which owns grouping, silences and inhibition.

API v2, POST /api/v2/alerts: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml.
An alert is identified by its labels and ends at ``endsAt``; an open one is sent again in every run, so that
it ends by itself when the collector is gone. What surprises there is held by
tests/integration/alerts/test_surprises.py.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.alerts.http_delivery import HttpDelivery
from collector.alerts.notice import Notice
from collector.alerts.settings import AlertSettings
from collector.contract.finding import Severity

TEST_LASTS = timedelta(minutes=15)
"""Longer than most group intervals (5 minutes), so that a second test is told as well."""


class AlertmanagerTarget:
    """One Alertmanager."""

    name = "alertmanager"
    resend = True

    def __init__(self, url: str, settings: AlertSettings, http: HttpDelivery) -> None:
        self._url = url.rstrip("/") + "/api/v2/alerts"
        self._settings = settings
        self._http = http

    def send(self, notices: Sequence[Notice]) -> str:
        """Posts all notices in one request. A refusal says little of each: Alertmanager keeps none where one
        value is not of its type (422), otherwise all but the bad ones (400).
        """
        alerts = [alert for notice in notices for alert in to_alerts(notice, self._settings)]
        return self._http.post(self._url, json.dumps(alerts).encode(), {})


def to_alerts(notice: Notice, settings: AlertSettings) -> list[dict[str, Any]]:
    """The alerts of a notice: its own, and the end of the warning that it was before it became critical.

    The severity is a label and so part of an alert's identity: without that end, a finding that escalated
    would be told twice until the warning's hold ran out. After the hold there is nothing left to end, and
    sending the end of an alert that never was would be told to people as a resolved warning.
    """
    hold = TEST_LASTS if notice.is_test else timedelta(seconds=settings.alertmanager_hold_s)
    ends_at = notice.resolved_at or notice.updated_at + hold
    alerts = [_alert(notice, notice.severity, ends_at, settings)]
    escalated_at = notice.evidence.get("escalated_at")
    if escalated_at is not None and notice.updated_at <= datetime.fromisoformat(escalated_at) + hold:
        alerts.append(_alert(notice, Severity.WARNING, datetime.fromisoformat(escalated_at), settings))
    return alerts


def _alert(notice: Notice, severity: Severity, ends_at: datetime, settings: AlertSettings) -> dict[str, Any]:
    labels = {
        **notice.cohort,
        "alertname": notice.alert_name,
        "severity": severity.value,
        "finding_id": notice.finding_id,
    }
    if notice.owner is not None:
        labels["owner"] = notice.owner
    if notice.is_test:
        labels["test"] = "true"
    annotations = {
        "summary": notice.summary,
        "description": notice.description(settings),
        "runbook_url": notice.runbook_url(settings),
    }
    # When it was told and not when it opened: Alertmanager does not wait for the rest of a group (group_wait)
    # when its first alert started longer ago than that.
    starts_at = min(notice.told_at, ends_at) if notice.is_resolved else notice.told_at
    alert: dict[str, Any] = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": starts_at.isoformat(),
        # Alertmanager refuses an alert that ends before it starts.
        "endsAt": max(ends_at, starts_at).isoformat(),
    }
    if url := notice.dashboard_url(settings):
        annotations["dashboard_url"] = url
        alert["generatorURL"] = url
    return alert
