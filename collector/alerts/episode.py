"""From findings as jobs see them to trouble as people are told of it.

A job says in every run whether a cohort is in trouble now. People want to hear of trouble that lasts
(``for``), once, until it is really over (keep firing), and of what can wait in the morning (quiet hours). An
episode is what lies between being told of trouble and being told of its end, however often the finding
closed and opened again meanwhile. All of this is decided once for a finding, before it goes to any target.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collector.contract.finding import Finding, FindingState, Severity


@dataclass(frozen=True)
class Patience:
    """How long trouble must last before it is told, and be over before its end is told."""

    warning_for: timedelta = timedelta()
    critical_for: timedelta = timedelta()
    keep_firing: timedelta = timedelta()

    def before_telling(self, severity: Severity) -> timedelta:
        """How long a finding of this severity is open before it is told."""
        return self.critical_for if severity is Severity.CRITICAL else self.warning_for


@dataclass(frozen=True)
class Episode:
    """One finding's trouble as it is told. Times are aware."""

    finding: Finding
    """As the job last said it."""
    opened_at: datetime
    severity: Severity
    """The highest so far: within an episode it only rises."""
    told_at: datetime | None = None
    """When it was first told; None while it waits."""
    told_severity: Severity | None = None
    escalated_at: datetime | None = None
    """When a warning that had been told was first told as critical."""
    ended: bool = False
    """Its end was told, or there was nothing to tell."""

    @property
    def end_is_owed(self) -> bool:
        """Whether the finding is resolved and that was not told yet."""
        return not self.ended and self.finding.state is FindingState.RESOLVED


@dataclass(frozen=True)
class Told:
    """What is told of an episode now."""

    finding: Finding
    told_at: datetime


def advance(
    before: Episode | None, finding: Finding, patience: Patience, *, quiet: bool, now: datetime
) -> tuple[Episode, Told | None]:
    """The episode after a look at its finding, and what is told of it: None while it waits, or for ever.

    Args:
        before: the episode as it was left; None for a finding that is new, or of before this was kept.
        finding: as a job says it now.
        patience: how long to wait.
        quiet: whether warnings wait now.
        now: aware.
    """
    if finding.state is FindingState.OPEN:
        return _open(before, finding, patience, quiet=quiet, now=now)
    return _resolved(before, finding, patience, quiet=quiet, now=now)


def _open(
    before: Episode | None, finding: Finding, patience: Patience, *, quiet: bool, now: datetime
) -> tuple[Episode, Told | None]:
    if before is None or before.ended:
        # Of one that was told before episodes were kept, only the job knows that it was a warning.
        escalated_at = finding.evidence.get("escalated_at") if before is None else None
        episode = Episode(
            finding,
            finding.opened_at,
            finding.severity,
            escalated_at=None if escalated_at is None else datetime.fromisoformat(escalated_at),
        )
    else:
        episode = replace(before, finding=finding, severity=_higher(before.severity, finding.severity))
    if episode.told_at is None:
        lasts = now - episode.opened_at >= patience.before_telling(episode.severity)
        if not lasts or (quiet and episode.severity is Severity.WARNING):
            return episode, None
        episode = replace(episode, told_at=now, told_severity=episode.severity)
    elif episode.told_severity is not episode.severity:
        episode = replace(episode, told_severity=episode.severity, escalated_at=now)
    return episode, _tell(episode, episode.told_at or now, finding)


def _resolved(
    before: Episode | None, finding: Finding, patience: Patience, *, quiet: bool, now: datetime
) -> tuple[Episode, Told | None]:
    resolved_at = finding.resolved_at or finding.updated_at
    if before is None or (before.ended and before.finding.resolved_at != finding.resolved_at):
        # Nothing is known of how it was told. It was, if it lasted.
        episode = Episode(finding, finding.opened_at, finding.severity)
        if resolved_at - finding.opened_at >= patience.before_telling(finding.severity):
            episode = replace(episode, told_at=finding.opened_at, told_severity=finding.severity)
    else:
        episode = replace(before, finding=finding, severity=_higher(before.severity, finding.severity))
    if episode.told_at is None:
        return replace(episode, ended=True), None
    waits = now - resolved_at < patience.keep_firing or (quiet and episode.severity is Severity.WARNING)
    if waits and not episode.ended:
        still = finding.model_copy(
            update={"state": FindingState.OPEN, "resolved_at": None, "updated_at": now}
        )
        return episode, _tell(episode, episode.told_at, still)
    return replace(episode, ended=True), _tell(episode, episode.told_at, finding)


def _tell(episode: Episode, told_at: datetime, finding: Finding) -> Told:
    evidence = {name: value for name, value in finding.evidence.items() if name != "escalated_at"}
    if episode.escalated_at is not None:
        evidence["escalated_at"] = episode.escalated_at.isoformat()
    told = finding.model_copy(
        update={"opened_at": episode.opened_at, "severity": episode.severity, "evidence": evidence}
    )
    return Told(told, told_at)


def _higher(one: Severity, other: Severity) -> Severity:
    return Severity.CRITICAL if Severity.CRITICAL in (one, other) else Severity.WARNING
