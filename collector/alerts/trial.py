"""Sends a test to targets, outside of all that is remembered: no finding, no ledger, no job."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from collector.alerts.http_delivery import HttpDelivery
from collector.alerts.notice import make_test_notice
from collector.alerts.notifier import make_targets
from collector.alerts.settings import AlertSettings
from collector.alerts.target import DeliveryFailed, Target
from collector.contract.finding import Severity


class TargetAnswer(BaseModel):
    """How one target answered."""

    model_config = ConfigDict(frozen=True)

    target: str = Field(description="alertmanager, webhook:<name> or chat:<scheme>-<digest>")
    taken: bool
    answer: str = Field(description="Without address or secret")


class Trial(BaseModel):
    """A test of targets."""

    model_config = ConfigDict(frozen=True)

    finding_id: str = Field(description="What the test is called in what the targets got")
    targets: list[TargetAnswer]

    @property
    def passed(self) -> bool:
        """Whether every target took it."""
        return all(target.taken for target in self.targets)


def try_targets(
    settings: AlertSettings,
    *,
    target: str | None = None,
    owner: str | None = None,
    severity: Severity = Severity.WARNING,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Trial:
    """Sends a marked test to every target, or to the one of this name, and says how each answered.

    Raises:
        ValueError: there is no target, or none of this name; apprise does not understand an address.
    """
    targets = make_targets(settings, HttpDelivery(settings))
    if not targets:
        raise ValueError(
            "there is no target: set alerts.alertmanager_url, alerts.webhooks or alerts.chat "
            "(docs/alerts.md), and run this with the collector's settings"
        )
    chosen = [one for one in targets if target in (None, one.name)]
    if not chosen:
        known = ", ".join(one.name for one in targets)
        raise ValueError(f"there is no target {target!r}; the targets are: {known}")
    notice = make_test_notice(now=clock(), name=secrets.token_hex(6), owner=owner, severity=severity)

    def attempt(one: Target) -> TargetAnswer:
        try:
            return TargetAnswer(target=one.name, taken=True, answer=one.send([notice]))
        except DeliveryFailed as failure:
            return TargetAnswer(target=one.name, taken=False, answer=str(failure))

    with ThreadPoolExecutor(max_workers=len(chosen), thread_name_prefix="alerts-test") as pool:
        return Trial(finding_id=notice.finding_id, targets=list(pool.map(attempt, chosen)))
