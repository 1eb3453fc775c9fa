"""What has versions, so that a new one can have made something slower.

A further axis is one line here, and a column of that name in the query ``regressions_cells``.
"""

from enum import StrEnum
from typing import NamedTuple


class Order(StrEnum):
    """What makes one version the newer of two."""

    RELEASES = "releases"
    """The app's releases by when they were first seen, as far back as events are kept."""
    SEEN = "seen"
    """When it was first seen by those who vote."""
    NUMBERS = "numbers"
    DOTTED = "dotted"
    """Numbers with dots after a name: ``tfjs/4.22.0``, which ``tfjs/4.22.0-rc.1`` comes before."""


class Axis(NamedTuple):
    """Something that has versions."""

    name: str
    within: tuple[str, ...]
    """What its versions are counted within: those of two browsers have nothing to do with each other."""
    order: Order
    says: str
    """What a person calls it."""
    carries: tuple[str, ...] = ()
    """Axes whose versions come with its own. Its versions are compared whatever those are, since what they
    change is a part of what it changes; theirs are compared within one of its versions."""


AXES = (
    Axis(
        "release",
        within=("app",),
        order=Order.RELEASES,
        says="release",
        carries=("engine_version", "model_release"),
    ),
    Axis("browser_major", within=("app", "browser"), order=Order.NUMBERS, says="browser version"),
    Axis("engine_version", within=("app", "engine"), order=Order.DOTTED, says="inference library"),
    Axis("model_release", within=("app", "model"), order=Order.SEEN, says="model release"),
)
ANY_VERSION = "any_version"
"""Days compared whatever the versions: of what a version was blamed for, and had begun before it."""
DAY = "day"
"""The axis of what no version explains: days against the days before, all versions being the same."""
BY_DAY = (DAY, ANY_VERSION)
