"""What every target of alerts has in common."""

from collections.abc import Sequence
from typing import Protocol

from collector.contract.finding import Finding


class DeliveryFailed(Exception):
    """A target did not take a delivery. The message names no address and no secret."""

    def __init__(self, message: str, *, reachable: bool) -> None:
        super().__init__(message)
        self.reachable = reachable
        """True when the target answered and refused this delivery; another one may still be taken."""


class Target(Protocol):
    """Takes findings; knows nothing of other targets."""

    name: str
    """What logs, counts and the ledger call it."""
    resend: bool
    """True when it wants every open finding in every run, False when it wants each change once."""

    def send(self, findings: Sequence[Finding]) -> None:
        """Delivers all of them or raises ``DeliveryFailed``; gets one at a time unless ``resend``."""


def event_key(finding: Finding) -> str:
    """What makes two deliveries the same event: the finding, its state and severity, and since when.

    Not ``updated_at``, which moves with every look: an event keeps its key over retries in later runs, so
    that a receiver whose answer was lost can recognise it.
    """
    since = finding.resolved_at or finding.opened_at
    return f"{finding.finding_id}-{finding.state}-{finding.severity}-{int(since.timestamp() * 1000)}"
