"""Findings as chat messages or mail, through apprise."""

import hashlib
from collections.abc import Sequence

import apprise

from collector.alerts.settings import AlertSettings
from collector.alerts.target import DeliveryFailed
from collector.contract.finding import Finding, FindingState, Severity


class ChatTarget:
    """One apprise address."""

    resend = False

    def __init__(self, url: str, settings: AlertSettings) -> None:
        # The address is a secret and its place in the list may change, so a digest of it names the target.
        digest = hashlib.sha256(url.encode()).hexdigest()[:8]
        # Without "://" all of it could be a token.
        scheme = url.partition("://")[0] if "://" in url else ""
        self.name = f"chat:{scheme or 'unknown'}-{digest}"
        self._settings = settings
        self._client = apprise.Apprise()
        if not self._client.add(url):
            raise ValueError(
                "alerts.chat: apprise does not understand one of the addresses"
                f"{f' (a {scheme}:// one)' if scheme else ', which has no scheme://'}; "
                "see https://github.com/caronc/apprise/wiki"
            )

    def send(self, findings: Sequence[Finding]) -> None:
        """Sends each finding as one message."""
        for finding in findings:
            taken = self._client.notify(
                title=_title(finding), body=self._body(finding), notify_type=_notify_type(finding)
            )
            if not taken:
                raise DeliveryFailed("apprise could not deliver; its own log lines say why", reachable=False)

    def _body(self, finding: Finding) -> str:
        lines = [finding.summary, f"{self._settings.runbook_base_url.rstrip('/')}/{finding.kind}.md"]
        if self._settings.fleet_page_url:
            lines.append(f"{self._settings.fleet_page_url.rstrip('/')}/?app={finding.cohort.app}")
        return "\n".join(lines)


def _title(finding: Finding) -> str:
    state = "Resolved" if finding.state is FindingState.RESOLVED else finding.severity.title()
    return f"[{state}] {finding.kind.replace('_', ' ')}: {finding.cohort.app}"


def _notify_type(finding: Finding) -> apprise.NotifyType:
    if finding.state is FindingState.RESOLVED:
        return apprise.NotifyType.SUCCESS
    critical = finding.severity is Severity.CRITICAL
    return apprise.NotifyType.FAILURE if critical else apprise.NotifyType.WARNING
