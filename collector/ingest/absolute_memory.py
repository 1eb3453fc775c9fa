"""Windows whose memory was told in absolute values, found among many at once.

Looked for when reports arrive, and only then: what was acknowledged before is never refused later.
"""

import numpy as np

from collector.contract.signals import SERIES, seem_absolute
from collector.ingest.batch import Batch
from collector.ingest.number_lists import Lists


def has_absolute_memory(batch: Batch) -> bool:
    """Whether the contract's model refuses one of the windows for it."""
    counts = [window.count for report in batch.reports for window in report.windows]
    predictions, *held = (batch.numbers.lists[f"memory_{name}"] for name in SERIES)
    points = np.diff(predictions.offsets)
    made = np.array(counts, dtype=np.int64)
    some = np.flatnonzero(points > 1)
    first, last = predictions.offsets[:-1][some], predictions.offsets[1:][some] - 1
    values = predictions.values.astype(np.int64)
    # Rare, so that the exact look at a few is cheap.
    for at in some[values[last] - values[first] > made[some]].tolist():
        if seem_absolute(
            _differences(predictions, at), (_differences(lists, at) for lists in held), counts[at]
        ):
            return True
    return False


def _differences(lists: Lists, at: int) -> list[int]:
    """What the wire had."""
    values = lists.values[lists.offsets[at] : lists.offsets[at + 1]].astype(np.int64)
    return [int(value) for value in np.diff(values, prepend=0)]
