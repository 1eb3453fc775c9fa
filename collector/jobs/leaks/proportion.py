"""A lower confidence bound for a share."""

import math

Z_95_ONE_SIDED = 1.6448536269514722


def wilson_lower(successes: int, trials: int, z: float = Z_95_ONE_SIDED) -> float:
    """The Wilson score interval's lower bound of ``successes / trials``; 0 without trials.

    Source: Wilson, JASA 1927. Right at small counts, where the normal interval is not: 2 of 2 gives 0.43.
    """
    if trials == 0:
        return 0.0
    share, square = successes / trials, z * z
    centre = share + square / (2 * trials)
    margin = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, (centre - margin) / (1 + square / trials))
