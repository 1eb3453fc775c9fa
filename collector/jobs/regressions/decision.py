"""The job's second step, pure: from votes and the findings there were to the findings there are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from collector.contract.finding import Finding, FindingKind, FindingState
from collector.jobs.findings import keep_finding, open_finding, resolve_finding
from collector.jobs.regressions.causes import (
    PREDICTIONS_SLOWER,
    as_carrier,
    explains,
    is_slower_predictions,
)
from collector.jobs.regressions.claims import Claim, claim_of
from collector.jobs.regressions.explanation import worth
from collector.jobs.regressions.figures import tell
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.pooling import Pooled
from collector.jobs.regressions.search import search
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.signals import SIGNALS
from collector.jobs.regressions.trial import (
    BEGAN_BEFORE,
    Size,
    Trial,
    as_days,
    doubt,
    find_first,
    is_over,
    is_silent,
    make_trial,
)
from collector.jobs.regressions.votes import Flags, Votes
from collector.jobs.regressions.wording import describe, describe_end, describe_recovery


@dataclass(frozen=True, eq=False, slots=True)
class Observations:
    """What a decision rests on."""

    votes: Votes
    release_order: Mapping[str, Sequence[str]]
    """By app: its releases, in the order in which they first appeared."""
    findings: Sequence[Finding]
    """Regression findings as they were before this run."""


@dataclass(frozen=True, eq=False, slots=True)
class Decision:
    """What a run decided."""

    findings: list[Finding]
    """Those that are open now or were resolved now, in the order of their ids."""
    votes: int
    cohorts: int
    tests: int
    held_back: Counter[str] = field(default_factory=Counter)
    """Claims that the figures bear out and a filter doubts, by the filter's name."""


class _Run(NamedTuple):
    """What all steps of one run share."""

    look: Look
    settings: RegressionSettings
    now: datetime


def decide(observations: Observations, settings: RegressionSettings, *, now: datetime) -> Decision:
    """Opens, keeps and resolves findings. The same votes, settings and time give the same findings."""
    votes = observations.votes
    look = Look.at(votes, observations.release_order, SIGNALS)
    run = _Run(look, settings, now)
    is_open = [finding for finding in observations.findings if finding.state is FindingState.OPEN]
    written = [_advance(finding, run) for finding in is_open]
    standing = [finding for finding in written if finding.state is FindingState.OPEN]
    held_back: Counter[str] = Counter()
    if not len(votes):
        return Decision(_in_order(written), 0, 0, 0, held_back)
    found = search(look, _taken(standing, look), settings, now)
    claims = _merged(found.claims)
    sure: list[tuple[Trial, Pooled]] = []
    for claim in claims:
        trial, pooled, reason = _try(claim, run)
        if reason is not None:
            held_back[reason] += 1
        elif trial is not None and pooled is not None:
            sure.append((trial, pooled))
    for trial, pooled, also in _by_cause(sure, look):
        if is_slower_predictions(trial):
            held_back[PREDICTIONS_SLOWER] += 1
        else:
            written = _add(written, trial, pooled, also, run)
    return Decision(_in_order(written), len(votes), found.cohorts, found.tests, held_back)


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.finding_id)


def _advance(finding: Finding, run: _Run) -> Finding:
    """An open finding as it is now."""
    look, settings, now = run
    claim, told = claim_of(finding), finding.evidence
    trial = make_trial(claim, look)
    if trial is None or is_silent(trial, now, settings):
        reason = f"no session for {settings.resolve_after_hours:g} hours"
        return resolve_finding(finding, summary=describe_end(claim, told, reason), now=now)
    if np.count_nonzero(trial.side == 0) < settings.min_sessions:
        reason = (
            f"what was before is older than {settings.lookback_days:g} days, so that this is what later "
            "versions are compared with"
        )
        return resolve_finding(finding, summary=describe_end(claim, told, reason), now=now)
    pooled = trial.measure()
    if pooled is None:
        return keep_finding(finding, now=now)
    over = is_over(trial, Size(*told["found"]), now, settings)
    if over is not None:
        recovery = tell(trial, over, look)
        summary = describe_recovery(claim, told, recovery)
        return resolve_finding(finding, summary=summary, recovery=recovery, now=now)
    return _opened(trial, pooled, told.get("also", {}), run, finding)


def _opened(
    trial: Trial, pooled: Pooled, also: Mapping[str, object], run: _Run, before: Finding | None
) -> Finding:
    look, settings, now = run
    told = tell(trial, pooled, look)
    # The size that it was found with: what is left of it is judged by that.
    found = Size.of(pooled, trial.claim.signal)
    told["found"] = [round(each, 5) for each in found] if before is None else before.evidence["found"]
    told["also"] = dict(also)
    critical = (
        told["ratio_low"] >= settings.critical_ratio
        if "ratio_low" in told
        else told["rise_low"] >= settings.critical_share
    )
    return open_finding(
        trial.claim.kind,
        before.cohort if before is not None else trial.claim.cohort(),
        critical=critical,
        summary=describe(trial.claim, told),
        evidence=told,
        before=before,
        now=now,
    )


def _taken(standing: Iterable[Finding], look: Look) -> dict[FindingKind, Flags]:
    taken: dict[FindingKind, Flags] = {}
    for finding in standing:
        claim = claim_of(finding)
        mine = claim.leaves(look)
        taken[claim.kind] = taken[claim.kind] | mine if claim.kind in taken else mine
    return taken


def _merged(claims: Iterable[Claim]) -> list[Claim]:
    """One claim for each cause: a release that is slow on two GPU families is one release."""
    by_cause: dict[object, Claim] = {}
    for claim in claims:
        known = by_cause.get(claim.cause)
        by_cause[claim.cause] = claim if known is None else known.with_scopes_of(claim)
    return list(by_cause.values())


def _try(claim: Claim, run: _Run) -> tuple[Trial | None, Pooled | None, str | None]:
    look, settings, now = run
    trial = make_trial(claim, look)
    if trial is None:
        return None, None, "no_votes"
    trial = as_carrier(find_first(trial, settings), look)
    pooled = trial.measure()
    if pooled is None or not worth(claim.signal, pooled, settings)[0]:
        return trial, pooled, "too_small"
    if pooled.log_e[0] < claim.needed:
        return trial, pooled, "not_sure"
    reason = doubt(trial, pooled, now, settings)
    days = as_days(trial, settings) if reason == BEGAN_BEFORE else None
    if days is not None and worth(claim.signal, days[1], settings)[0]:
        trial, pooled = days
        reason = doubt(trial, pooled, now, settings)
    return trial, pooled, reason


def _by_cause(
    sure: Sequence[tuple[Trial, Pooled]], look: Look
) -> list[tuple[Trial, Pooled, dict[str, object]]]:
    """Those that stay, each with what it explains.

    Where predictions are slower, the first one is as well, and frames come later.
    """
    told: list[tuple[Trial, Pooled, dict[str, object]]] = []
    for trial, pooled in sorted(sure, key=lambda each: list(FindingKind).index(each[0].claim.kind)):
        cause = next((other for other in told if explains(other[0].claim, trial.claim, look)), None)
        if cause is None:
            told.append((trial, pooled, {}))
        else:
            cause[2][trial.claim.signal.name] = tell(trial, pooled, look)
    return told


def _add(
    written: list[Finding], trial: Trial, pooled: Pooled, also: Mapping[str, object], run: _Run
) -> list[Finding]:
    """A new finding, or more cohorts of one that is open."""
    look = run.look
    for place, finding in enumerate(written):
        if finding.state is not FindingState.OPEN:
            continue
        known = claim_of(finding)
        if known.cause == trial.claim.cause:
            wider = make_trial(known.with_scopes_of(trial.claim), look)
            size = wider.measure() if wider is not None else None
            if wider is not None and size is not None:
                changed = _opened(wider, size, finding.evidence.get("also", {}), run, finding)
                return [*written[:place], changed, *written[place + 1 :]]
        if explains(known, trial.claim, look):
            return written
    return [*written, _opened(trial, pooled, also, run, None)]
