"""Cohorts taken together: how much worse a group of them is, and how sure that is."""

from dataclasses import dataclass, fields

import numpy as np

from collector.jobs.regressions.contrasts import Contrasts
from collector.jobs.regressions.evidence import log_e
from collector.jobs.regressions.signals import Signal
from collector.jobs.regressions.sums import add_up
from collector.jobs.regressions.votes import Flags, Labels, Numbers


@dataclass(frozen=True, eq=False, slots=True)
class Pooled:
    """One row for each group."""

    before: Numbers
    since: Numbers
    rise: Numbers
    variance: Numbers
    z: Numbers
    """Of the weaker of two tests: a rise of the mean beyond the tolerance, and ranks (of flags: counts)."""
    log_e: Numbers
    seen: Numbers
    information: Numbers
    """One over the variance, were cohorts independent: what explanations are compared by."""

    def take(self, rows: Labels | Flags) -> "Pooled":
        """Some of the groups."""
        return Pooled(*(getattr(self, each.name)[rows] for each in fields(self)))


def pool(signal: Signal, contrasts: Contrasts, group: Labels, groups: int) -> Pooled:
    """Cohorts weighed by how exact each is; ``group`` is of shape (contrasts,).

    Days that are slow for all cohorts of an app at once do not even out over them, so their variance is put
    on top of what cohorts show each for itself.
    """

    def gather(what: Numbers | Labels) -> Numbers:
        return add_up(group, what, groups)

    exact = 1 / contrasts.variance
    total = gather(exact)
    total = np.where(total > 0, total, 1e-300)
    rise = gather(exact * contrasts.rise) / total
    drawn = 1 / np.maximum(gather(1 / contrasts.sampling), 1e-300)
    shared = gather(exact * contrasts.common * contrasts.days) / total
    own = np.maximum(1 / total - drawn, 0)
    variance = 1 / total + np.maximum(shared - own, 0)
    error = np.sqrt(variance)
    by_mean = (rise - signal.tolerance) / error
    shrink = np.sqrt(1 / total / variance)
    seen = gather(contrasts.seen)
    if signal.timed:
        second = gather(np.sqrt(exact) * contrasts.ranks) / np.sqrt(total) * shrink - signal.tolerance / error
    else:
        second = _by_counts(seen, gather(contrasts.total), gather(contrasts.expected)) * np.sqrt(
            np.minimum(drawn / variance, 1)
        )
    z = np.minimum(by_mean, second)
    return Pooled(
        before=gather(contrasts.before),
        since=gather(contrasts.since),
        rise=rise,
        variance=variance,
        z=z,
        log_e=log_e(z, variance, signal.usual),
        seen=seen,
        information=total,
    )


def _by_counts(seen: Numbers, total: Numbers, expected: Numbers) -> Numbers:
    """The signed root of the likelihood ratio: right for rare events as well, where a normal is not."""
    rest, others = total - seen, total - expected

    def part(count: Numbers, of: Numbers) -> Numbers:
        return np.where(count > 0, count * np.log(np.maximum(count, 1e-9) / np.maximum(of, 1e-9)), 0.0)

    deviance = 2 * np.maximum(part(seen, expected) + part(rest, others), 0)
    answer: Numbers = np.sign(seen - expected) * np.sqrt(deviance)
    return answer
