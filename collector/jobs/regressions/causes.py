"""What a claim that is sure comes from: another name for the same sessions, or a rise of something else."""

from dataclasses import replace

import numpy as np

from collector.contract.finding import FindingKind
from collector.jobs.regressions.axes import AXES
from collector.jobs.regressions.claims import BY_NAME, Claim
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.trial import Trial, make_trial
from collector.jobs.regressions.votes import LOG_RATIO, NONE

ALIKE = 0.9
"""Of the sessions that are since one of two versions, this share is since both: they came together."""
MOSTLY = 0.5
"""Share of what frames come later by that predictions take longer by."""
PREDICTIONS_SLOWER = "predictions_slower"
READY = BY_NAME["ready"]


def as_carrier(trial: Trial, look: Look) -> Trial:
    """The claim of a library or a model as one of the release that brought it, if one did.

    They are the same sessions. A person looks for what came with the release, and the library is part of it.
    """
    new = trial.side == 1
    for axis in AXES:
        if trial.split.axis not in axis.carries:
            continue
        along = trial.look.ordered[axis.name]
        domain, rank = along.domain[trial.look.votes.cell], along.rank[trial.look.votes.cell]
        known = new & (rank >= 0)
        if not known.any() or len(np.unique(domain[new])) > 1:
            continue
        first = int(rank[known].min())
        since = rank >= first
        if first > 0 and np.count_nonzero(since & new) >= ALIKE * np.count_nonzero(since | new):
            version = along.label[int(domain[known][0])][first]
            other = make_trial(replace(trial.claim, axis=axis.name, version=version), look)
            if other is not None:
                return other
    return trial


def is_slower_predictions(trial: Trial) -> bool:
    """Whether frames come later because each waits for a prediction that takes longer."""
    if trial.claim.kind is not FindingKind.FRAME_RATE_REGRESSION:
        return False
    pooled = trial.measure()
    predictions = trial.measure(signal=READY)
    if pooled is None or predictions is None:
        return False
    longer = _before_ms(trial, READY.name) * np.expm1(float(predictions.rise[0]))
    later = _before_ms(trial, trial.claim.signal.name) * np.expm1(float(pooled.rise[0]))
    return bool(longer >= MOSTLY * later)


def _before_ms(trial: Trial, signal: str) -> float:
    """The median of the votes before."""
    raw = trial.look.votes.signals[signal][trial.side == 0]
    return float(np.exp((np.median(raw[raw != NONE]) + 0.5) * LOG_RATIO))


def explains(cause: Claim, effect: Claim, look: Look) -> bool:
    """Whether slower predictions are why starts are slower, or frames come later."""
    return (
        cause.kind is FindingKind.LATENCY_REGRESSION
        and effect.kind in _EXPLAINED
        and (cause.app, cause.axis, cause.version) == (effect.app, effect.axis, effect.version)
        and bool((cause.leaves(look) & effect.leaves(look)).any())
    )


_EXPLAINED = (
    FindingKind.LATENCY_REGRESSION,
    FindingKind.START_REGRESSION,
    FindingKind.FRAME_RATE_REGRESSION,
)
"""What slower predictions explain: the first one is one of them, and the next frame waits for each."""
