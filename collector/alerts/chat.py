"""Notices as chat messages or mail, through apprise."""

import hashlib
from collections.abc import Sequence

import apprise

from collector.alerts.notice import Notice
from collector.alerts.settings import AlertSettings
from collector.alerts.target import DeliveryFailed
from collector.contract.finding import Severity


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

    def send(self, notices: Sequence[Notice]) -> str:
        """Sends each notice as one message."""
        for notice in notices:
            taken = self._client.notify(
                title=_title(notice),
                body=notice.description(self._settings),
                notify_type=_notify_type(notice),
            )
            if not taken:
                raise DeliveryFailed("apprise could not deliver; its own log lines say why", reachable=False)
        return "taken"


def _title(notice: Notice) -> str:
    if notice.is_test:
        return "[Test] Inferfleet alerts"
    state = "Resolved" if notice.is_resolved else notice.severity.title()
    owner = f" ({notice.owner})" if notice.owner else ""
    return f"[{state}] {notice.kind.replace('_', ' ')}: {notice.app}{owner}"


def _notify_type(notice: Notice) -> apprise.NotifyType:
    if notice.is_test:
        return apprise.NotifyType.INFO
    if notice.is_resolved:
        return apprise.NotifyType.SUCCESS
    critical = notice.severity is Severity.CRITICAL
    return apprise.NotifyType.FAILURE if critical else apprise.NotifyType.WARNING
