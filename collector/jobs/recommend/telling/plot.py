"""Points drawn as text: both axes logarithmic, 80 columns wide, without colour."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 56, 9
"""Of the field, in characters."""
LEFT = 12
"""Columns that the labels of the upright axis take."""
LEAST_DECADES = 0.2
"""An axis spans at least so much, or values that are nearly the same would look apart."""


class Point(NamedTuple):
    """Values above 0, and one character or more that stands for them."""

    x: float
    y: float
    mark: str


def plot(
    points: Sequence[Point], *, x_of: Callable[[float], str], y_of: Callable[[float], str], named: str
) -> list[str]:
    """Lines of at most 78 columns; none for less than two points.

    Args:
        points: what is drawn. Those that would hide one another stand side by side.
        x_of: a value on the level axis in words.
        y_of: one on the upright axis.
        named: what the two axes are, below the drawing.
    """
    if len(points) < 2:
        return []
    x_axis, y_axis = _Axis.over(point.x for point in points), _Axis.over(point.y for point in points)
    field = [[" "] * WIDTH for _ in range(HEIGHT)]
    for point in sorted(points, key=lambda each: (each.x, each.y, each.mark)):
        row = HEIGHT - 1 - round(y_axis.place(point.y) * (HEIGHT - 1))
        _put(field[row], round(x_axis.place(point.x) * (WIDTH - 1)), point.mark)
    labels = {0: y_of(y_axis.high), HEIGHT - 1: y_of(y_axis.low)}
    lines = [f"{labels.get(row, ''):>{LEFT}} |{''.join(cells)}".rstrip() for row, cells in enumerate(field)]
    low, high = x_of(x_axis.low), x_of(x_axis.high)
    return [
        *lines,
        f"{'':>{LEFT}} +{'-' * WIDTH}",
        f"{'':>{LEFT}}  {low}{high:>{WIDTH - len(low)}}",
        f"{'':>{LEFT}}  {named}",
    ]


class _Axis(NamedTuple):
    low: float
    high: float

    @classmethod
    def over(cls, values: Iterable[float]) -> "_Axis":
        logs = [math.log10(value) for value in values]
        low, high = min(logs), max(logs)
        more = max(0.0, LEAST_DECADES - (high - low)) / 2
        return cls(10 ** (low - more), 10 ** (high + more))

    def place(self, value: float) -> float:
        """Between 0 and 1."""
        return math.log(value / self.low) / math.log(self.high / self.low)


def _put(cells: list[str], wanted: int, mark: str) -> None:
    """Writes a mark as near as it can to where it belongs; a row that is full keeps what it has."""
    fitting = (
        start
        for start in range(len(cells) - len(mark) + 1)
        if all(cell == " " for cell in cells[max(0, start - 1) : start + len(mark) + 1])
    )
    start = min(fitting, key=lambda start: (abs(start - wanted), start), default=None)
    if start is not None:
        cells[start : start + len(mark)] = mark
