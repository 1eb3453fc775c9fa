"""Simulated sessions: what an engine's memory does on pages that leak, and on pages that do not."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.leaks.pages import Level, Shape
from collector.contract.finding import Cohort, FindingKind
from collector.contract.vocabulary import Backend
from collector.jobs.leaks.series import SessionSeries

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
COHORT = Cohort(app="demo", model="blazeface", release="1.4.0", backend=Backend.WEBGL)
WEIGHTS = 180.0


def warm_up(random: Generator, at: NDArray[np.int64]) -> Level:
    """Constants and shaders that the first predictions upload."""
    return random.integers(5, 80) * (1 - np.exp(-at / random.uniform(1, 3)))


def plateau(random: Generator, at: NDArray[np.int64]) -> Level:
    """A cache that fills, and stops before two thirds of the session."""
    return np.asarray(np.minimum(at, random.uniform(0.2, 0.65) * at[-1]) * random.uniform(0.3, 3))


def sampled_counts(random: Generator, predictions: int) -> NDArray[np.int64]:
    """The prediction counts at which an SDK takes points: up to 16 for each of some windows."""
    windows = random.integers(1, 5)
    return np.unique(np.linspace(0, predictions, 16 * windows).astype(np.int64))


def session(
    random: Generator,
    *shapes: Shape,
    name: str = "s",
    cohort: Cohort = COHORT,
    predictions: int | None = None,
    age: timedelta = timedelta(hours=1),
    bytes_per_tensor: int = 4096,
) -> SessionSeries:
    """A session whose tensors are the sum of shapes, over 100 to 5,000 predictions."""
    at = sampled_counts(random, predictions or int(random.integers(100, 5000)))
    tensors = np.sum([np.full(len(at), WEIGHTS), *(shape(random, at) for shape in shapes)], axis=0)
    tensors = np.asarray(tensors, dtype=np.int64)
    return SessionSeries(
        cohort=cohort,
        session=name,
        last_at=NOW - age,
        predictions=at,
        signals={FindingKind.TENSOR_LEAK: tensors, FindingKind.BYTES_LEAK: tensors * bytes_per_tensor},
    )
