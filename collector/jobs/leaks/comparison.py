"""Whether sessions of a release grow more than those of the release before, on the same kinds of device.

A release that first reaches other devices would otherwise be blamed for what those devices do.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from collector.jobs.leaks.vote import Vote

Numbers = NDArray[np.float64]


class ReleaseComparison(BaseModel):
    """A release's growth against that of the release before, same model and backend.

    Only sessions on kinds of device that ran both releases are compared.
    """

    model_config = ConfigDict(frozen=True)

    release: str = Field(description="The release before")
    sessions: int = Field(description="Its voting sessions that can be compared")
    leaking: int = Field(description="Those of them that leak")
    compared: int = Field(description="This release's voting sessions that can be compared")
    slope_median: float = Field(
        description="Median growth per prediction of the sessions of the release before"
    )
    slope_shift: float = Field(
        description="Median difference of two sessions on the same kind of device (Hodges-Lehmann)"
    )
    p_value: float = Field(
        description="Mann-Whitney within kinds of device (van Elteren), one-sided: the chance of such a "
        "shift without a cause"
    )


def compare_releases(release: str, votes: Iterable[Vote], before: Iterable[Vote]) -> ReleaseComparison | None:
    """Compares two releases; None when they ran on no kind of device in common."""
    mine, theirs = _by_device(votes), _by_device(before)
    common = sorted(mine.keys() & theirs.keys())
    if not common:
        return None
    pairs = [(_slopes(mine[device]), _slopes(theirs[device])) for device in common]
    differences = np.concatenate([(now[:, None] - then[None, :]).ravel() for now, then in pairs])
    earlier = [vote for device in common for vote in theirs[device]]
    return ReleaseComparison(
        release=release,
        sessions=len(earlier),
        leaking=sum(vote.leaking for vote in earlier),
        compared=sum(len(mine[device]) for device in common),
        slope_median=round(float(np.median(_slopes(earlier))), 6),
        slope_shift=round(float(np.median(differences)), 6),
        p_value=rank_p_value(pairs),
    )


def rank_p_value(pairs: Sequence[tuple[Numbers, Numbers]]) -> float:
    """One-sided p that the first of each pair's values are not larger; 1 when all values of a pair are equal.

    With a single pair this is Mann-Whitney's test; with more, van Elteren's: the rank sums of the pairs are
    added with weights 1 / (n + 1), which are the best ones against the same shift everywhere.
    """
    # Here, because it takes a second to load, which every command of the command line would wait for.
    from scipy.stats import mannwhitneyu, norm, rankdata  # noqa: PLC0415

    pairs = [(now, then) for now, then in pairs if len({*now.tolist(), *then.tolist()}) > 1]
    if not pairs:
        return 1.0
    if len(pairs) == 1:
        return float(mannwhitneyu(*pairs[0], alternative="greater").pvalue)
    excess, variance = 0.0, 0.0
    for now, then in pairs:
        ranks = rankdata(np.concatenate([now, then]))
        n = len(ranks)
        excess += (ranks[: len(now)].sum() - len(now) * (n + 1) / 2) / (n + 1)
        variance += len(now) * len(then) / n * float(np.var(ranks, ddof=1)) / (n + 1) ** 2
    return float(norm.sf(excess / sqrt(variance)))


def _by_device(votes: Iterable[Vote]) -> dict[str, list[Vote]]:
    grouped: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        grouped[vote.device].append(vote)
    return grouped


def _slopes(votes: Iterable[Vote]) -> Numbers:
    return np.array([vote.growth.slope for vote in votes])
