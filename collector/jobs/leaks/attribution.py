"""Which of several models on a page a growth belongs to.

numTensors and numBytes count for the whole engine, so when one model leaks, every model on the page sees the
growth. One trouble must raise one finding: the session votes for one model, and the others abstain.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from collector.jobs.leaks.growth import Growth


class Attribution(StrEnum):
    """Why a session's growth was put down to its model."""

    ALONE = "alone"  # no other model of the session grew
    FIT = "fit"  # the growth follows this model's predictions and no other's
    WHOLE_TENSORS = "whole_tensors"  # of those that fit, only this one grows by whole tensors per prediction
    SESSIONS = "sessions"  # over the cohort's sessions growth follows this model's predictions, no other's
    SHARED = "shared"  # models that ran in step cannot be told apart: the first by name stands for them


def attribute_growth(growths: Mapping[str, Growth]) -> tuple[str, Attribution, Sequence[str]]:
    """The model that a session's growth is put down to, among those (at least one) that seem to leak.

    And why, and which of them fit as well.

    A forgotten ``dispose()`` grows along a straight line of its own model's predictions, while the
    predictions of a model that runs at another pace miss that line. Models in step fit equally well: then a
    slope of whole tensors decides, and failing that the name, so that all sessions agree on one finding.
    """
    if len(growths) == 1:
        return next(iter(growths)), Attribution.ALONE, ()
    roughness = {model: growth.roughness / growth.growth for model, growth in growths.items()}
    limit = 2 * min(roughness.values()) + 0.01
    fitting = sorted(model for model in growths if roughness[model] <= limit)
    if len(fitting) == 1:
        return fitting[0], Attribution.FIT, ()
    whole = [model for model in fitting if _is_whole(growths[model].slope)]
    if len(whole) == 1:
        return whole[0], Attribution.WHOLE_TENSORS, ()
    return fitting[0], Attribution.SHARED, fitting


def _is_whole(slope: float) -> bool:
    return round(slope) >= 1 and abs(slope - round(slope)) < 0.01
