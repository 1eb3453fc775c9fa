"""What the runs of one table come to: medians over the seeds, and the worst seed."""

import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.learn_fleet import Played
from collector.simulate import Point

AFTER = {True: 60, False: 250}
"""Sessions a cell after which a fleet that can race, and one that cannot, is held to its target."""


def summarize(runs: Sequence[Played], *, races: bool) -> dict[str, Any]:
    """One table's entry."""
    outcomes = [run.outcome for run in runs]
    rounds = list(zip(*(outcome.curve for outcome in outcomes), strict=True))
    first = [math.inf if (at := outcome.first_right_at) is None else at for outcome in outcomes]
    return {
        "cells": outcomes[0].cells,
        "races": _median([outcome.races for outcome in outcomes]),
        "curve": [_point(points, _median) for points in rounds],
        "curve_worst": [_point(points, max) for points in rounds],
        "wasted": _median([outcome.wasted for outcome in outcomes]),
        "wasted_worst": max(outcome.wasted for outcome in outcomes),
        "wasted_default": _median([outcome.wasted_default for outcome in outcomes]),
        "wasted_by_races": _median([outcome.raced for outcome in outcomes]),
        "first_right_at": _or_none(_median(first)),
        "first_right_at_worst": _or_none(max(first)),
        "target": _target(outcomes[0].curve, rounds, AFTER[races]),
        "decide_s": _median([took for run in runs for took in run.decide_s]),
        "play_s": _median([run.outcome.seconds - sum(run.decide_s) for run in runs]),
    }


def _target(
    first: Sequence[Point], rounds: Sequence[tuple[Point, ...]], after: int
) -> dict[str, float] | None:
    """The worst seed after so many sessions a cell; None when the runs were shorter."""
    at = next((number for number, point in enumerate(first) if point.sessions_a_cell >= after), None)
    if at is None:
        return None
    return {
        "sessions_a_cell": first[at].sessions_a_cell,
        "wrong": max(point.wrong for point in rounds[at]),
        "geo": max(point.geo for point in rounds[at]),
        "wasted": max(point.wasted for point in rounds[at]),
        "wasted_by_races": max(point.raced for point in rounds[at]),
        "wasted_default": max(point.wasted_default for point in rounds[at]),
    }


def _point(points: Sequence[Point], of: Callable[[list[float]], float]) -> list[float]:
    return [points[0].sessions_a_cell, of([each.wrong for each in points]), of([each.geo for each in points])]


def _median(values: Sequence[float]) -> float:
    found = statistics.median_low(values) if math.inf in values else statistics.median(values)
    return found if math.isinf(found) else round(found, 4)


def _or_none(value: float) -> float | None:
    return None if math.isinf(value) else value
