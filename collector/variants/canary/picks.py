"""Which values of a model's outputs a canary holds: a function of their sizes, the same in a page.

Vectors that both languages are tested with: tests/vectors/canary.json.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.variants.canary.reference_input import noise


def picks(sizes: Sequence[int], most: int) -> list[NDArray[np.int64]]:
    """The positions to take of each flattened output.

    Each output gets an equal share of ``most``, at least one, as long as there are any left. All of an output
    that is no larger than its share; else one from each of as many equal parts, at a place that varies, so
    that the same column of a table is not taken each time.
    """
    share = max(1, most // max(1, len(sizes)))
    taken, left = [], most
    for size in sizes:
        count = min(size, share, left)
        left -= count
        ends = np.arange(count + 1, dtype=np.int64) * size // max(1, count)
        taken.append(ends[:-1] + np.floor(noise(count) * np.diff(ends)).astype(np.int64))
    return taken
