"""What the visitors of a class pay for a start: what it is spread over, and what its bytes cost."""

import math
from typing import NamedTuple

ASSUMED_BYTES_A_MS = 1250.0
"""10 Mbit/s, a slow phone's: what is assumed where nobody measured a download."""


class Habits(NamedTuple):
    """Of a class's usual session."""

    predictions: float
    """Those that a start and a download are spread over; at least 1."""
    ms_a_byte: float = 1 / ASSUMED_BYTES_A_MS
    """What a byte of a model's files costs a visitor, those counted who have it in their cache."""

    def rounded(self) -> "Habits":
        """The same to a factor of 1.2, so that classes which are alike share what is worked out for one."""
        return Habits(_round(self.predictions), _round(self.ms_a_byte))


def _round(value: float) -> float:
    return 2.0 ** (round(2 * math.log2(value)) / 2) if value > 0 else 0.0
