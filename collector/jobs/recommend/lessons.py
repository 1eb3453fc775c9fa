"""What a model's own evidence shows of its arms: small enough to be kept and lent to the app's other models.

A lesson of a class is how far each arm's standing there lies from that in the rest of the class above. Models
differ in which arm suits them; what a kind of device does to an arm they have much more in common. Both sides
are measured inside strata and trimmed, so that neither the mix of devices nor a tenth of hostile sessions is
lent. What was itself borrowed is not part of a lesson, so no model hears its own echo.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal belief about an arm's mean log cost."""

    mean: float
    variance: float


Effects = Mapping[ArmKey, Normal]
"""How arms differ in log cost. What all of them have in common means nothing."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one model shows of one class."""

    effects: Effects
    """Of a class, against the rest of the class above; of the root, the arms' effects themselves."""
    sessions: float
    """Session-days of the model in the class, a day; of those that there were, not of a sample."""
    default: Backend | None = None
    """What the engine picks there."""
    passed: frozenset[Backend] = frozenset()
    """Backends whose arm of the original variant passed every gate."""
    borrowed: bool = False
    """Whether the record that it is from rests on other models itself."""


Lent = Mapping[str, Mapping[str, Lesson]]
"""Model -> class key -> lesson."""
