"""What an app wants its models to be good at: a cost per prediction, as a weighted sum of terms in ms.

Its text form, as ``loop,fps=60`` or ``ready=1,first_result=0.5``, is the same on the command line, in the
API, in the settings, in the store and in a decision record.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints

MOST_WEIGHT = 100.0
LEAST_WEIGHT = 1e-6
"""Other than 0: costs are compared as logarithms, and must not get lost in rounding."""
LEAST_QUANTILE, MOST_QUANTILE = 0.5, 0.99
LEAST_FPS, MOST_FPS = 1.0, 240.0

TERMS = {
    "ready": "a quantile of the time until a result is ready",
    "frame_rate": "the time from one result to the next in a loop that waits for frames",
    "first_result": "load, backend start and first prediction, spread over a session's predictions",
    "bytes": "the download of the model's files at the device class's own rate, spread over its predictions",
}


@dataclass(frozen=True, slots=True)
class Objective:
    """Weights of the terms, 0 for those that do not matter, and what two of the terms need to know."""

    ready: float = 0.0
    frame_rate: float = 0.0
    first_result: float = 0.0
    bytes: float = 0.0
    quantile: float = 0.75
    """Of ``ready_ms`` within a session, for ``ready`` and ``frame_rate``."""
    fps: float = 30.0
    """Frames a second that ``frame_rate`` asks for: within a frame, no result is better than another."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads the text form: a preset, terms with weights, or a preset and what differs from it.

        Raises:
            ValueError: it says something else; the message says what to write.
        """
        first, *others = parts = [part.strip() for part in text.split(",")]
        given = cls(**_PRESETS[first]) if first in _PRESETS else cls()
        changes: dict[str, float] = {}
        for part in others if first in _PRESETS else parts:
            name, _, value = (piece.strip() for piece in part.partition("="))
            if name in changes:
                raise ValueError(f"{name} is given twice")
            changes[name] = _read(name, value)
        made = replace(given, **changes)
        if not made.weights():
            raise ValueError(f"an objective needs a term with a weight above 0: {', '.join(TERMS)}")
        if "fps" in changes and not made.frame_rate:
            raise ValueError("fps is only for the term frame_rate: add frame_rate=1, or leave fps out")
        if "quantile" in changes and not made.waits:
            raise ValueError("quantile is only for the terms ready and frame_rate: add one, or leave it out")
        return made

    @property
    def waits(self) -> float:
        """The weight of what a page waits for at each prediction."""
        return self.ready + self.frame_rate

    def weights(self) -> dict[str, float]:
        """The terms that matter, with their weights."""
        return {name: getattr(self, name) for name in TERMS if getattr(self, name)}

    def __str__(self) -> str:
        """The text form in full: what a preset means may change, and an app's objective does not with it."""
        shown = self.weights()
        if self.waits:
            shown["quantile"] = self.quantile
        if self.frame_rate:
            shown["fps"] = self.fps
        return ",".join(f"{name}={value:g}" for name, value in shown.items())

    @property
    def name(self) -> str:
        """The preset that it equals, else the text form."""
        return short(str(self))


_PRESETS: dict[str, dict[str, float]] = {
    "balanced": {"ready": 1, "first_result": 1},
    "loop": {"frame_rate": 1, "first_result": 1},
    "one-shot": {"first_result": 1},
    "small-download": {"ready": 1, "first_result": 1, "bytes": 1},
}
PRESETS = {name: Objective(**terms) for name, terms in _PRESETS.items()}
_BOUNDS = {"quantile": (LEAST_QUANTILE, MOST_QUANTILE), "fps": (LEAST_FPS, MOST_FPS)}
_EXAMPLES = {"quantile": 0.9, "fps": 60}
KNOWN = frozenset(field.name for field in fields(Objective))


def canonical(text: str) -> str:
    """The text form in full of any text form.

    Raises:
        ValueError: it is none.
    """
    return str(Objective.of(text))


def short(text: str) -> str:
    """The preset that a text form equals; one that a newer version of ours made stays as it is."""
    names = {str(objective): name for name, objective in PRESETS.items()}
    return names.get(text, text)


ObjectiveText = Annotated[str, StringConstraints(max_length=200), AfterValidator(canonical)]
"""An objective in its text form; kept in full."""


def _read(name: str, value: str) -> float:
    if name not in KNOWN:
        raise ValueError(
            f"there is no objective or term {name[:40]!r}: write one of {', '.join(_PRESETS)}; or terms with "
            f"weights ({', '.join(TERMS)}) and, for some of them, quantile and fps, as in "
            "ready=1,first_result=0.5,quantile=0.9"
        )
    low, high = _BOUNDS.get(name, (0.0, MOST_WEIGHT))
    try:
        number = float(f"{float(value):.6g}")
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise ValueError(
            f"{name} must be a number from {low:g} to {high:g}, as in {name}={_EXAMPLES.get(name, 1):g}"
        )
    if name in TERMS and 0 < number < LEAST_WEIGHT:
        raise ValueError(f"{name} must be 0 or at least {LEAST_WEIGHT:g}")
    return number
