"""What a finding tells: how much worse, since when, for whom, and what it costs them."""

import math
from typing import Any

import numpy as np

from collector.jobs.regressions.axes import BY_DAY
from collector.jobs.regressions.claims import as_dicts
from collector.jobs.regressions.evidence import half_width
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.pooling import Pooled
from collector.jobs.regressions.splits import DAY_S
from collector.jobs.regressions.trial import Trial, days_since, first_seen
from collector.jobs.regressions.votes import LOG_RATIO, NONE, Flags

MOST_SPARED = 5


def tell(trial: Trial, pooled: Pooled, whole: Look) -> dict[str, Any]:
    """The evidence of a finding, as JSON takes it.

    Args:
        trial: the claim with its votes.
        pooled: its size.
        whole: all votes, which say how many are affected.
    """
    claim, signal = trial.claim, trial.claim.signal
    rise, variance = float(pooled.rise[0]), float(pooled.variance[0])
    width = half_width(variance, signal.usual)
    now, before = _typical(trial, 1), _typical(trial, 0)
    earlier = _versions_before(trial)
    told: dict[str, Any] = {
        "signal": signal.name,
        "axis": claim.axis,
        "version": claim.version,
        "before": earlier[0] if earlier else "",
        "versions_before": len(earlier),
        "scopes": as_dicts(claim),
        "first_seen": first_seen(trial).isoformat(),
        "sessions": int(pooled.since[0]),
        "sessions_before": int(pooled.before[0]),
        "log_e": round(float(pooled.log_e[0]), 1),
        "affected_share": round(_affected(trial, whole), 4),
        "typical": _round(now),
        "typical_before": _round(before),
    }
    if signal.timed:
        told["ratio"] = round(math.exp(rise), 4)
        told["ratio_low"] = round(math.exp(rise - width), 4)
        told["ratio_high"] = round(math.exp(rise + width), 4)
        lost = _lost_ms(trial, rise)
        if lost is not None:
            told["lost_s_a_day"] = round(lost / 1000, 1)
    else:
        told["rise"] = round(rise, 5)
        told["rise_low"] = round(rise - width, 5)
        told["rise_high"] = round(rise + width, 5)
        told["failing_a_day"] = round(_weight_a_day(trial) * rise, 1)
    return told


def _typical(trial: Trial, side: int) -> float:
    """Milliseconds or bytes of a usual session (median), or the share of sessions; the hour is left in."""
    raw = trial.look.votes.signals[trial.claim.signal.name][trial.side == side]
    if not len(raw):
        return math.nan
    if trial.claim.signal.timed:
        return math.exp((float(np.median(raw[raw != NONE])) + 0.5) * LOG_RATIO)
    return float(raw.mean())


def _versions_before(trial: Trial) -> list[str]:
    """The versions that it is compared with: that of most votes first, of equals the newer one."""
    if trial.split.axis in BY_DAY:
        return []
    along = trial.look.ordered[trial.split.axis]
    cells = trial.look.votes.cell[trial.side == 0]
    pairs, counts = np.unique(along.domain[cells] * 2**20 + along.rank[cells], return_counts=True)
    by_votes = sorted(zip(counts.tolist(), pairs.tolist(), strict=True), reverse=True)
    return [along.label[pair >> 20][pair & (2**20 - 1)] for _, pair in by_votes]


def _affected(trial: Trial, whole: Look) -> float:
    """Share of the app's session-days since then that are of these cohorts and versions."""
    app = whole.votes.cells["app"].names.index(trial.claim.app)
    since = float(trial.look.votes.at[trial.side == 1].min())
    others: Flags = (whole.votes.cells["app"].codes[whole.votes.cell] == app) & (whole.votes.at >= since)
    total = float(whole.votes.weight[others].sum())
    return min(1.0, float(trial.look.votes.weight[trial.side == 1].sum()) / total) if total else 0.0


def _weight_a_day(trial: Trial) -> float:
    return float(trial.look.votes.weight[trial.side == 1].sum()) / days_since(trial)


def _lost_ms(trial: Trial, rise: float) -> float | None:
    """What visitors wait longer on a day; None for what costs no time."""
    name, votes = trial.claim.signal.name, trial.look.votes
    new = trial.side == 1
    if name == "start":
        each = np.ones(np.count_nonzero(new))
    elif name == "ready":
        each = votes.predictions[new]
    elif name == "tail":
        each = votes.predictions[new] * 0.1  # the slowest tenth is what it speaks of
    else:
        return None
    raw = votes.signals[name][new]
    told = raw != NONE
    spent = float((np.exp((raw[told] + 0.5) * LOG_RATIO) * each[told] * votes.weight[new][told]).sum())
    return spent * (1 - math.exp(-rise)) / days_since(trial)


def _round(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.4g}")


__all__ = ["DAY_S", "tell"]
