"""The statistics, against simulation and against scipy."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from collector.jobs.regressions.contrasts import compare
from collector.jobs.regressions.evidence import half_width, log_e, reject, weigh
from collector.jobs.regressions.ordering import Sorted
from collector.jobs.regressions.pooling import _by_counts
from collector.jobs.regressions.signals import SIGNALS


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_an_e_value_rarely_exceeds_its_bound_however_often_one_looks(rng: np.random.Generator) -> None:
    runs, looks, error = 4000, 300, 0.05
    paths = rng.normal(size=(runs, looks)).cumsum(axis=1)
    n = np.arange(1, looks + 1)
    evidence = log_e(paths / np.sqrt(n), 1 / n, 0.3)
    assert (evidence.max(axis=1) >= np.log(1 / error)).mean() <= error
    assert (evidence[:, -1] > 0).mean() > 0.001, "it does not only say no"


def test_the_interval_holds_at_all_looks_at_once(rng: np.random.Generator) -> None:
    runs, looks = 2000, 300
    means = rng.normal(size=(runs, looks)).cumsum(axis=1) / np.arange(1, looks + 1)
    widths = np.array([half_width(1 / n, 0.3) for n in range(1, looks + 1)])
    assert (np.abs(means) > widths).any(axis=1).mean() <= 0.05


def test_e_bh_keeps_the_share_of_false_discoveries(rng: np.random.Generator) -> None:
    false, found, levels = 0, 0, np.repeat([0, 1], [10, 990])
    for _ in range(200):
        z = rng.normal(size=1000)
        true = np.arange(1000) % 50 == 0
        z[true] += 7
        weighed = weigh(log_e(z, np.ones(1000), 5.0), levels, np.array([10, 990]), np.array([0.5, 0.5]))
        rejected = reject(weighed, 0.05)
        false += int((rejected & ~true).sum())
        found += int((rejected & true).sum())
    assert false / max(1, found + false) <= 0.05
    assert found > 200 * 20 * 0.9


def test_no_evidence_rejects_nothing() -> None:
    assert len(reject(np.zeros(0), 0.05)) == 0
    assert not reject(np.array([-1.0, 0.5]), 0.05).any()


def test_many_cohorts_at_once_say_what_scipy_says_of_each(rng: np.random.Generator) -> None:
    cohorts, n = 40, 60
    leaf = np.repeat(np.arange(cohorts), n)
    raw = np.round(rng.normal(0, 0.5, cohorts * n) / 0.04) * 0.04
    side = (rng.random(cohorts * n) < 0.3).astype(np.int8)
    raw[(side == 1) & (leaf % 2 == 0)] += 0.4
    order = np.lexsort((raw, leaf))
    ranks = np.zeros(cohorts * n)
    for each in range(cohorts):
        mine = leaf[order] == each
        values = raw[order][mine]
        ranks[mine] = [((values < v).sum() + (values <= v).sum()) / 2 / n for v in values]
    data = Sorted(
        order,
        leaf[order],
        leaf[order],
        np.zeros(len(order), dtype=np.int64),
        raw[order].astype(np.float32),
        ranks.astype(np.float32),
    )
    found = compare(
        SIGNALS[0],
        data,
        side[order],
        stratum=(np.arange(cohorts), cohorts),
        coarse=(np.arange(cohorts), cohorts),
        apps=np.zeros(cohorts, dtype=np.int64),
        number=0,
    )
    assert found.leaf.tolist() == list(range(cohorts))
    for each in range(cohorts):
        new, old = raw[(leaf == each) & (side == 1)], raw[(leaf == each) & (side == 0)]
        p = mannwhitneyu(new, old, alternative="greater", use_continuity=False, method="asymptotic").pvalue
        z = found.ranks[each] * np.sqrt(found.variance[each] / found.sampling[each])
        assert norm.sf(z) == pytest.approx(p, rel=0.05, abs=1e-4)
        assert (found.before[each], found.since[each]) == (len(old), len(new))
    error = 3 * float(np.sqrt(found.sampling.mean() / (cohorts / 2)))
    assert found.rise[::2].mean() == pytest.approx(0.4, abs=error)
    assert found.rise[1::2].mean() == pytest.approx(0.0, abs=error)


def test_rare_failures_are_not_taken_for_more_than_they_are() -> None:
    """Five failures where half of one was expected: a normal would say 6.4 standard errors."""
    z = _by_counts(np.array([5.0]), np.array([10.0]), np.array([0.5]))
    assert 3.0 < z[0] < 6.4
    assert _by_counts(np.array([0.0]), np.array([0.0]), np.array([0.0]))[0] == 0
