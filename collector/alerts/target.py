"""What every target of alerts has in common."""

from collections.abc import Sequence
from typing import Protocol

from collector.alerts.notice import Notice


class DeliveryFailed(Exception):
    """A target did not take a delivery. The message names no address and no secret."""

    def __init__(self, message: str, *, reachable: bool) -> None:
        super().__init__(message)
        self.reachable = reachable
        """True when the target answered and refused this delivery; another one may still be taken."""


class Target(Protocol):
    """Takes notices; knows nothing of other targets."""

    name: str
    """What logs, counts and the ledger call it."""
    resend: bool
    """True when it wants every open finding in every run, False when it wants each change once."""

    def send(self, notices: Sequence[Notice]) -> str:
        """Delivers all of them and says what the target answered, or raises ``DeliveryFailed``; gets one at a
        time unless ``resend``.
        """
