"""The hard gates: an arm that fails one is out, however fast. A gate that lacks data does not pass.

An arm is refused for what it surely does, and only where another is better: incidents that all arms have, or
a leak that the engine's default has as well, speak against none of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.contract.variant_quality import VariantQuality, judge
from collector.contract.vocabulary import ORIGINAL
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.conduct import Conduct
from collector.jobs.recommend.counting.robust import trimmed_mean
from collector.jobs.recommend.record import Gate
from collector.jobs.recommend.settings import RecommendSettings

MOST_MADE_UP = 0.25
"""Share of an arm's session-days: with more that no plan can have given it, it is not judged by them."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What speaks against an arm no more than against the others of its class."""

    incidents: float = 0.0
    """The smallest share of sessions with an incident among the other arms; its own without another."""
    killed: float = 0.0
    """Likewise of sessions that told of a killed page."""
    leaks: bool = False
    """Whether the engine's default has an open leak finding."""


NOTHING_KNOWN = Baseline()


def incident_share(seen: Conduct, settings: RecommendSettings) -> float | None:
    """The share of sessions with an incident; None while there are too few to say."""
    return seen.troubled / seen.sessions if seen.sessions >= settings.min_sessions else None


def killed_share(seen: Conduct, settings: RecommendSettings) -> float | None:
    """The share of sessions that told of a killed page; None while there are too few to say."""
    return seen.killed / seen.sessions if seen.sessions >= settings.min_sessions else None


def wilson_upper(failures: float, trials: int, confidence: float) -> float:
    """One-sided upper bound of a share (Wilson 1927, JASA 22). ``failures`` may be a sum of shares in [0, 1].

    Raises:
        ValueError: without trials, or with more failures than trials.
    """
    if trials < 1 or not 0 <= failures <= trials:
        raise ValueError(f"no share of {failures} in {trials}")
    # Here: what does not decide, a collector that starts for one, need not wait for it.
    from scipy.special import ndtri  # noqa: PLC0415

    z = float(ndtri(confidence))
    p = failures / trials
    centre = p + z * z / (2 * trials)
    return min(
        1.0, (centre + z * math.sqrt(p * (1 - p) / trials + (z / (2 * trials)) ** 2)) / (1 + z * z / trials)
    )


def wilson_lower(failures: float, trials: int, confidence: float) -> float:
    """The lower bound that goes with ``wilson_upper``."""
    return 1.0 - wilson_upper(trials - failures, trials, confidence)


def check_arm(
    arm: ArmKey,
    seen: Conduct,
    capable_share: float,
    *,
    variants: Mapping[str, VariantQuality],
    leaks: Sequence[str],
    settings: RecommendSettings,
    baseline: Baseline = NOTHING_KNOWN,
    incumbent: bool = False,
) -> list[Gate]:
    """Every gate's answer for one arm. ``seen`` is how it fared in the class the gates look at.

    The limits on failing sessions are wider by the share that may be hostile, ``trim``: so many can neither
    refuse an arm nor undo a choice. The incumbent passes until it surely fails, so that it does not come and
    go with single sessions. ``min_races`` races that measured the arm are as good as ``min_sessions``
    sessions, and fewer of both will do together.
    """
    if 1 < seen.measured < settings.min_sessions <= seen.worth(settings):
        settings = settings.model_copy(update={"min_sessions": seen.measured})
    agreement = check_agreement(arm, variants)
    return [
        _data(seen, settings),
        _capability(seen, capable_share, settings, incumbent=incumbent),
        _errors(seen, settings),
        _incidents(seen, baseline, settings, incumbent=incumbent),
        _killed(seen, baseline, settings, incumbent=incumbent),
        _leak(leaks, baseline),
        _accuracy(arm, variants, settings),
        *([agreement] if agreement is not None else []),
    ]


def _leak(leaks: Sequence[str], baseline: Baseline) -> Gate:
    found = f"open leak findings: {', '.join(sorted(leaks))}" if leaks else "no open leak finding"
    shared = bool(leaks) and baseline.leaks
    return Gate(
        gate="leak",
        passed=not leaks or shared,
        detail=found + ("; the engine's default leaks as well" if shared else ""),
    )


def _data(seen: Conduct, settings: RecommendSettings) -> Gate:
    crowded = seen.raced < settings.min_races and seen.excess > MOST_MADE_UP * seen.sessions
    enough = seen.measured >= settings.min_sessions and not crowded
    found = f"{seen.measured} session-days with a measured result, {settings.min_sessions} needed"
    return Gate(
        gate="data",
        passed=enough,
        lacks_data=not enough,
        detail=found + (f"; plans gave it {seen.excess:.0f} fewer: they may be made up" if crowded else ""),
    )


def _capability(seen: Conduct, capable_share: float, settings: RecommendSettings, *, incumbent: bool) -> Gate:
    most = settings.max_incident_share
    gate = _gate_on_sessions(
        "capability", seen.not_started, seen.sessions, settings, incumbent=incumbent, most=most
    )
    present = capable_share >= settings.min_capable_share
    return gate.model_copy(
        update={
            "passed": gate.passed and present,
            "lacks_data": gate.lacks_data and present,
            "rare": gate.passed and not present,
            "detail": f"{capable_share:.0%} of sessions here have it; it did not start in {gate.detail}",
        }
    )


def _errors(seen: Conduct, settings: RecommendSettings) -> Gate:
    """One vote per session here too: one that reports a billion errors is one failing session."""
    shares = seen.error_shares
    if not len(shares):
        return Gate(gate="errors", passed=False, lacks_data=True, detail="no session has made a prediction")
    rate = min(1.0, max(0.0, trimmed_mean(shares, settings.trim).mean))
    upper = wilson_upper(rate * len(shares), len(shares), settings.gate_confidence)
    within = rate <= settings.max_error_rate
    sure = upper <= _attainable(settings.max_error_rate, settings)
    return Gate(
        gate="errors",
        passed=within and sure,
        lacks_data=within and not sure,
        detail=f"{rate:.2%} of predictions failed (at most {upper:.1%}) over {len(shares)} session-days; "
        f"{settings.max_error_rate:.2%} allowed",
    )


def _incidents(seen: Conduct, baseline: Baseline, settings: RecommendSettings, *, incumbent: bool) -> Gate:
    gate = _gate_on_sessions(
        "incidents",
        seen.troubled,
        seen.sessions,
        settings,
        incumbent=incumbent,
        most=settings.max_incident_share,
        usual=baseline.incidents,
    )
    kinds = ", ".join(sorted(seen.kinds))
    return gate.model_copy(update={"detail": gate.detail + (f": {kinds}" if kinds else "")})


def _killed(seen: Conduct, baseline: Baseline, settings: RecommendSettings, *, incumbent: bool) -> Gate:
    """A page that dies says nothing more itself, so no other gate sees what killed it."""
    gate = _gate_on_sessions(
        "killed",
        seen.killed,
        seen.sessions,
        settings,
        incumbent=incumbent,
        most=settings.max_killed_share,
        usual=baseline.killed,
    )
    return gate.model_copy(update={"detail": f"the page was killed in {gate.detail}"})


def _accuracy(arm: ArmKey, variants: Mapping[str, VariantQuality], settings: RecommendSettings) -> Gate:
    if arm.variant == ORIGINAL:
        return Gate(gate="accuracy", passed=True, detail="the original is its own reference")
    passed, detail = judge(
        variants.get(arm.variant), variants.get(ORIGINAL), settings.limits, backend=arm.backend
    )
    return Gate(gate="accuracy", passed=passed, detail=detail)


def check_agreement(arm: ArmKey, variants: Mapping[str, VariantQuality]) -> Gate | None:
    """What an evaluation says of the variant on the arm's backend; None when it was not measured there.

    A backend can be fast, free of errors and wrong, for the original, too.
    """
    quality = variants.get(arm.variant)
    verdict = quality.on(arm.backend) if quality is not None else None
    if verdict is None:
        return None
    reasons = [*verdict.refused_by, *(["other outputs than the source's"] if verdict.agrees is False else [])]
    said = "accepted" if verdict.passed else f"refused ({'; '.join(reasons) or 'without a reason'})"
    return Gate(
        gate="agreement",
        passed=verdict.passed,
        detail=f"the evaluation of {arm.variant} on {arm.backend}: {said}",
    )


def _gate_on_sessions(
    name: Literal["capability", "incidents", "killed"],
    failed: int,
    sessions: int,
    settings: RecommendSettings,
    *,
    incumbent: bool,
    most: float,
    usual: float = 0.0,
) -> Gate:
    """Refuses an arm whose share of failing sessions is surely too large: the interval's low end says so."""
    if sessions == 0:
        return Gate(gate=name, passed=False, lacks_data=True, detail="no session")
    limit = max(most, usual)
    allowed = limit + settings.trim
    upper = wilson_upper(failed, sessions, settings.gate_confidence)
    refused = wilson_lower(failed, sessions, settings.gate_confidence) > allowed
    sure = failed / sessions <= allowed and upper <= _attainable(limit, settings) + settings.trim
    return Gate(
        gate=name,
        passed=not refused and (sure or incumbent),
        lacks_data=not refused and not sure,
        detail=f"{failed} of {sessions} session-days (at most {upper:.1%}; {allowed:.0%} allowed)",
    )


def _attainable(limit: float, settings: RecommendSettings) -> float:
    """How tight an upper bound must be: as tight as ``min_sessions`` faultless sessions would make it.

    A bound tighter than that could not be met by the number of sessions that the operator called enough.
    """
    return max(limit, wilson_upper(0, settings.min_sessions, settings.gate_confidence)) + 1e-12
