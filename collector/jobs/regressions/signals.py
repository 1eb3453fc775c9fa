"""What is compared: which votes, what a usual change is, and which finding it makes."""

from typing import NamedTuple

from collector.contract.finding import FindingKind


class Signal(NamedTuple):
    """One thing that can get worse."""

    name: str
    kind: FindingKind
    timed: bool
    """Whether votes are logarithms of times or bytes; otherwise a session has it or has not."""
    tolerance: float
    """What does not count as a rise: log ratio, or share of sessions."""
    usual: float
    """The size of an effect as it usually is."""
    day_sd: float
    """How much days differ by themselves, before anything is known of them."""
    says: str


SIGNALS = (
    Signal("ready", FindingKind.LATENCY_REGRESSION, True, 0.02, 0.3, 0.03, "predictions take"),
    Signal("tail", FindingKind.LATENCY_REGRESSION, True, 0.02, 0.3, 0.04, "the slowest predictions take"),
    Signal("start", FindingKind.START_REGRESSION, True, 0.02, 0.3, 0.04, "starts take"),
    Signal(
        "frame",
        FindingKind.FRAME_RATE_REGRESSION,
        True,
        0.02,
        0.3,
        0.04,
        "from one frame to the next it takes",
    ),
    Signal("memory", FindingKind.MEMORY_REGRESSION, True, 0.02, 0.3, 0.03, "sessions hold"),
    Signal("errors", FindingKind.ERROR_REGRESSION, False, 0.002, 0.05, 0.004, "sessions have errors"),
    Signal("incidents", FindingKind.ERROR_REGRESSION, False, 0.002, 0.05, 0.004, "sessions have incidents"),
)
