"""What refuses a cell or a variant. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from collector.variants.evaluate.difference import Difference, Task

Refusal = Literal[
    "accuracy",
    "agreement",
    "damaged_files",
    "failed_to_load",
    "failed_to_run",
    "failed_to_start",
    "hang",
    "crash",
    "context_lost",
    "out_of_memory",
    "leak",
    "not_finite",
    "wrong_backend",
]
"""Why something is refused, by name."""


class Limits(NamedTuple):
    """The most accuracy (a share of samples) that a variant may lose, and the limits without labels."""

    accuracy_loss: float = 0.01
    relative_error: float = 0.05
    top1: float = 0.99
    iou: float = 0.9


def accuracy_gate(source: float, variant: float, limits: Limits) -> list[Refusal]:
    """Accuracies are shares. A loss at the limit passes, whatever a float makes of the subtraction."""
    return ["accuracy"] if source - variant > limits.accuracy_loss + 1e-9 else []


def agreement_gate(difference: Difference, task: Task, limits: Limits) -> list[Refusal]:
    """Without labels: the variant must compute nearly what the source does, as the task sees it."""
    if task == "classification":
        good = difference.top1 is not None and difference.top1 >= limits.top1
    elif task == "detection":
        good = difference.iou is not None and difference.iou >= limits.iou
    else:
        good = difference.relative <= limits.relative_error
    return [] if good else ["agreement"]


def leaks(tensors: Sequence[int]) -> bool:
    """Whether tensors were left behind by each prediction.

    ``tensors`` are the counts after the first and each later prediction, every input freed. A model that
    keeps a state grows once; a leak grows each time.
    """
    steps = [after - before for before, after in pairwise(tensors)]
    return len(steps) >= 2 and all(step > 0 for step in steps)
