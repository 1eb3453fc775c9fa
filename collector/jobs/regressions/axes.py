"""What has versions, so that a new one can have made something slower.

A further axis is one line here, and a column of that name in the query ``regressions_cells``.
"""

from typing import NamedTuple


class Axis(NamedTuple):
    """Something that has versions."""

    name: str
    within: tuple[str, ...]
    """What its versions are counted within: those of two browsers have nothing to do with each other."""
    numbered: bool
    """Whether versions are numbers in their order; others are ordered by when they were first seen."""
    says: str
    """What a person calls it."""


AXES = (
    Axis("release", within=("app",), numbered=False, says="release"),
    Axis("browser_major", within=("app", "browser"), numbered=True, says="browser version"),
)
ANY_VERSION = "any_version"
"""Days compared whatever the versions: of what a version was blamed for, and had begun before it."""
DAY = "day"
"""The axis of what no version explains: days against the days before, all versions being the same."""
BY_DAY = (DAY, ANY_VERSION)
