"""Which arm of a plan an install draws: the SDK's own arithmetic (``client_sdk_js/src/later/plan.ts``).

``tests/vectors/draw.json`` holds the two together.
"""

from collections.abc import Sequence

from collector.contract.config_document import Arm

RACE = " race"
"""The salt of the draw of who races: whether an install does has nothing to do with the arm that it draws."""
_WORD = 0xFFFFFFFF


def stable_hash(text: str) -> float:
    """Uniform in [0, 1) and always the same for the same text: FNV-1a, finished with murmur3's mixer.

    JavaScript's strings are of UTF-16 units, and so is this.
    """
    units = text.encode("utf-16-le")
    value = 0x811C9DC5
    for low, high in zip(units[::2], units[1::2], strict=True):
        value = (value ^ (low | high << 8)) * 0x01000193 & _WORD
    value = (value ^ value >> 16) * 0x85EBCA6B & _WORD
    value = (value ^ value >> 13) * 0xC2B2AE35 & _WORD
    return (value ^ value >> 16) / 2**32


def place(install: str, app: str, model: str, salt: str = "") -> float:
    """An install's place in [0, 1) among those that load a model of an app, in the draw of a salt."""
    return stable_hash(f"{install} {app} {model}{salt}")


def draw_arm(arms: Sequence[Arm], at: float, total: float = 1.0) -> Arm | None:
    """The arm that ``at`` in [0, 1) falls on, shares being parts of ``total``; None when none has one."""
    up_to = 0.0
    for arm in arms:
        up_to += arm.probability / total if total else 0.0
        if at < up_to:
            return arm
    # Shares like three thirds add up to a little under 1.
    return next((arm for arm in reversed(arms) if arm.probability > 0), None)
