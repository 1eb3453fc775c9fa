"""A confidence sequence for the difference of two means: valid however often one looks.

The process behind it is the t-test's normal-mixture e-process. With the t statistic of the difference, ``nu``
degrees of freedom and an effective size ``m = n_a n_b / (n_a + n_b)``, a normal prior of variance ``sigma^2 /
r`` on the difference gives the Bayes factor

    E = sqrt(q) * ((1 + q t^2/nu) / (1 + t^2/nu)) ^ (-(nu + 1) / 2),   q = r / (r + m).

For arms compared inside leaf classes (``strata``) t is that of the arm in the linear model "cost = leaf +
arm", and m the sum of n_a n_b / (n_a + n_b) over the leaves that ran both: the same closed form, since
nuisance parameters with a flat prior leave it as it is (Lindon et al., section on linear models).
Ville's inequality bounds the chance that E ever exceeds 1/alpha by alpha when the difference is zero.
Sources: Lai (1976); Lindon, Ham, Tingley & Bojinov, Anytime-valid linear models, arXiv 2210.08589 (the closed
form); Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 49 (2021) (mixture boundaries). It is exact
for normal values of equal variance; trimmed values, unequal variances (Welch's degrees of freedom) and the
variance prior make it an approximation, whose error ``tests/unit/recommend`` measures by simulation
(docs/decisions.md has the figures).
"""

import math

from collector.jobs.recommend.counting.robust import Location


def half_width(
    first: Location, second: Location, *, alpha: float, r: float, prior_sd: float, prior_weight: float
) -> float:
    """Half the width of the two-sided confidence sequence for ``first.mean - second.mean``.

    Infinite while the sizes cannot exclude any difference at this ``alpha``.

    Raises:
        ValueError: when ``alpha`` is outside (0, 1) or ``r`` is not positive.
    """
    if not 0.0 < alpha < 1.0 or r <= 0.0:
        raise ValueError(f"alpha lies in (0, 1) and r above 0, not {alpha} and {r}")
    terms = [(place, place.standard_error(prior_sd, prior_weight) ** 2) for place in (first, second)]
    error = sum(term for _, term in terms)
    nu = error**2 / sum(term**2 / (prior_weight + place.freedom) for place, term in terms)
    size = first.size * second.size / (first.size + second.size)
    q = r / (r + size)
    bound = math.exp((2.0 / (nu + 1.0)) * (math.log(alpha) + 0.5 * math.log(q)))
    if bound <= q:
        return math.inf
    return math.sqrt(error * nu * (1.0 - bound) / (bound - q))
