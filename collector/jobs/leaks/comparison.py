"""Whether sessions of a release grow more than those of the release before."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class ReleaseComparison(BaseModel):
    """A release's growth against that of the release before, same model and backend."""

    model_config = ConfigDict(frozen=True)

    release: str = Field(description="The release before")
    sessions: int = Field(description="Its voting sessions")
    leaking: int = Field(description="Those of them that leak")
    slope_median: float = Field(description="Median growth per prediction of its voting sessions")
    slope_shift: float = Field(description="By how much this release's median is higher")
    p_value: float = Field(description="Mann-Whitney, one-sided: the chance of such a shift without a cause")


def rank_p_value(slopes: Sequence[float], before: Sequence[float]) -> float:
    """One-sided Mann-Whitney p that ``slopes`` are not larger than ``before``; 1 when all are equal."""
    if len({*slopes, *before}) < 2:
        return 1.0
    # Here, because it takes a second to load, which every command of the command line would wait for.
    from scipy.stats import mannwhitneyu  # noqa: PLC0415

    return float(mannwhitneyu(slopes, before, alternative="greater").pvalue)
