"""How sure a rise is, whenever one looks: e-values, and which of many may be believed.

An e-value is a bet against "nothing rose": its expectation is at most 1 when nothing did, at every moment at
once, so a job may look every few minutes. The bet is the one-sided normal mixture over effects above a
tolerance. With an estimate ``d`` of variance ``v``, ``I = 1/v`` and ``z = (d - tolerance) / sqrt(v)``:

    e = 2 / sqrt(1 + t^2 I) * exp(z^2/2 * q) * Phi(z sqrt(q)),   q = t^2 I / (1 + t^2 I),

t being the usual size of an effect. It is exact for normal estimates and holds asymptotically for these.
Sources: Robbins (1970); Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 49 (2021), one-sided normal
mixture; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, Time-uniform central limit theory, arXiv 2103.06476.
Among many e-values, of whatever dependence, those that e-BH rejects are false in a share of at most ``error``
on average (Wang & Ramdas, JRSS B 84, 2022); with weights that add up to the number of hypotheses, as well.
"""

import math

import numpy as np

from collector.jobs.regressions.votes import Flags, Labels, Numbers


def log_e(z: Numbers, variance: Numbers, usual: float | Numbers) -> Numbers:
    """Natural logarithm of the e-value.

    Args:
        z: shape (n,), (estimate - tolerance) / its standard error.
        variance: shape (n,), of the estimate; positive.
        usual: size of an effect as it usually is, in the estimate's unit.
    """
    # Here, because scipy takes a second to load, which every command of the command line would wait for.
    from scipy.special import log_ndtr  # noqa: PLC0415

    gain = np.square(usual) / variance
    q = gain / (1 + gain)
    answer: Numbers = math.log(2) - 0.5 * np.log1p(gain) + 0.5 * np.square(z) * q + log_ndtr(z * np.sqrt(q))
    return answer


def half_width(variance: float, usual: float, alpha: float = 0.05) -> float:
    """Half of the confidence sequence at ``1 - alpha`` around an estimate: valid however often one looks."""
    gain = usual**2 / variance
    return math.sqrt(variance * (1 + gain) / gain * math.log((1 + gain) / alpha**2))


def weigh(log_evidence: Numbers, level: Labels, tests: Labels, share: Numbers) -> Numbers:
    """Logarithms of e-values, each times the weight of its hypothesis.

    Hypotheses come in levels, from "everything" down to single cohorts. A level has a share of all weight,
    which its hypotheses divide among them: the few coarse ones do not pay for the many fine ones.

    Args:
        log_evidence: shape (n,), logarithms of e-values.
        level: shape (n,), each one's level.
        tests: by level, how many hypotheses it has.
        share: by level, its share of the weight; they add up to 1.
    """
    answer: Numbers = log_evidence + np.log(share[level]) - np.log(np.maximum(tests[level], 1))
    return answer


def reject(weighed: Numbers, error: float) -> Flags:
    """Weighted e-BH: which hypotheses may be believed to be false.

    Args:
        weighed: shape (n,), of ``weigh``. Hypotheses with little evidence may be left out.
        error: the false discovery rate.
    """
    order = np.argsort(-weighed)
    passing = np.flatnonzero(weighed[order] >= -math.log(error) - np.log(np.arange(1, len(order) + 1)))
    rejected = np.zeros(len(order), dtype=bool)
    if len(passing):
        rejected[order[: passing[-1] + 1]] = True
    return rejected
