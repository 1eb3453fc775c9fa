"""What a target is told: a finding in its present state, or a test, and where to read on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.alerts.episode import Told
from collector.alerts.links import dashboard_url, runbook_url
from collector.alerts.settings import AlertSettings
from collector.contract.finding import FindingState, Severity

TEST = "test"
"""The kind of a notice that is about nothing."""


@dataclass(frozen=True)
class Notice:
    """One thing to tell. Times are aware; ``cohort`` has no empty values."""

    finding_id: str
    kind: str
    cohort: Mapping[str, str]
    state: FindingState
    severity: Severity
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    told_at: datetime
    summary: str
    evidence: Mapping[str, Any]
    owner: str | None = None

    @property
    def is_test(self) -> bool:
        """Whether it is about nothing."""
        return self.kind == TEST

    @property
    def is_resolved(self) -> bool:
        """Whether it tells of an end."""
        return self.state is FindingState.RESOLVED

    @property
    def app(self) -> str:
        """The app that it is about."""
        return self.cohort["app"]

    @property
    def alert_name(self) -> str:
        """The alert's name in Alertmanager."""
        return "Inferfleet" + "".join(part.title() for part in self.kind.split("_"))

    @property
    def event(self) -> str:
        """What makes two deliveries the same event: the finding, its state and severity, and since when.

        Not ``updated_at``, which moves with every look: an event keeps its key over retries in later runs, so
        that a receiver whose answer was lost can recognise it.
        """
        since = self.resolved_at or self.opened_at
        return f"{self.finding_id}-{self.state}-{self.severity}-{int(since.timestamp() * 1000)}"

    def description(self, settings: AlertSettings) -> str:
        """What is to be known without a click: since when, in which cohort, where to look, what to do."""
        if self.is_test:
            return self.summary
        where = ", ".join(f"{name} {value}" for name, value in self.cohort.items())
        since = f"Open since {self.opened_at:%Y-%m-%d %H:%M} UTC"
        if self.resolved_at is not None:
            since += f", resolved at {self.resolved_at:%Y-%m-%d %H:%M} UTC"
        lines = [self.summary, f"{since}. Cohort: {where}.", f"What to do: {self.runbook_url(settings)}"]
        if url := self.dashboard_url(settings):
            lines.append(f"The picture: {url}")
        return "\n".join(lines)

    def runbook_url(self, settings: AlertSettings) -> str:
        """The page that says what to do."""
        return runbook_url(settings.runbook_base_url, "README" if self.is_test else self.kind)

    def dashboard_url(self, settings: AlertSettings) -> str:
        """The fleet page as it shows this cohort; empty when ``alerts.fleet_page_url`` is."""
        if self.is_test:
            return settings.fleet_page_url
        return dashboard_url(
            settings.fleet_page_url, self.cohort, opened_at=self.opened_at, resolved_at=self.resolved_at
        )


def make_notice(told: Told, owner: str | None) -> Notice:
    """The notice of what is told of a finding."""
    finding = told.finding
    cohort = finding.cohort.model_dump(mode="json", exclude_none=True)
    return Notice(
        finding_id=finding.finding_id,
        kind=finding.kind.value,
        cohort={name: str(value) for name, value in cohort.items() if value != ""},
        state=finding.state,
        severity=finding.severity,
        opened_at=finding.opened_at,
        updated_at=finding.updated_at,
        resolved_at=finding.resolved_at,
        told_at=told.told_at,
        summary=finding.summary,
        evidence=finding.evidence,
        owner=owner,
    )


def make_test_notice(*, now: datetime, name: str, owner: str | None, severity: Severity) -> Notice:
    """A notice that says that it is a test. ``name`` is new in each, or Alertmanager would tell it once."""
    return Notice(
        finding_id=f"test-{name}",
        kind=TEST,
        cohort={"app": "inferfleet-test"},
        state=FindingState.OPEN,
        severity=severity,
        opened_at=now,
        updated_at=now,
        resolved_at=None,
        told_at=now,
        summary="This is a test of Inferfleet's alerts, made by `inferfleet alerts test`. Nothing is wrong.",
        evidence={},
        owner=owner,
    )
