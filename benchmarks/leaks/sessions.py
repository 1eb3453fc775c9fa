"""Sessions of pages, as the SDK reports them: up to 16 points for each of some windows."""

import inspect
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.leaks.pages import Page
from collector.contract.finding import Cohort, FindingKind
from collector.contract.vocabulary import Backend
from collector.jobs.leaks.series import SessionSeries

NOW = datetime.now(UTC).replace(microsecond=0)
"""The engine drops what is older than 90 days."""
COHORT = Cohort(app="bench", model="face", release="2", backend=Backend.WEBGL)
BEFORE = COHORT.model_copy(update={"release": "1"})
WEIGHTS = 180
KEEPS_TIME = "minutes" in inspect.signature(SessionSeries).parameters
"""The build before this benchmark did not ask how long a session was."""


def points(random: Generator, length: int) -> NDArray[np.int64]:
    """The prediction counts at which an SDK looks."""
    windows = int(random.integers(1, 5))
    return np.unique(np.linspace(0, length, 16 * windows).astype(np.int64))


def visit(random: Generator, page: Page, name: str, cohort: Cohort = COHORT) -> SessionSeries:
    """One session of a page."""
    shortest, longest = page.lengths
    length = int(np.exp(random.uniform(np.log(shortest), np.log(longest))))
    every = np.arange(length + 1)
    at = points(random, length)
    held = np.floor(page.tensors(random, every)[at]).astype(np.int64)
    return series(name, cohort, at, held, page)


def series(
    name: str, cohort: Cohort, at: NDArray[np.int64], held: NDArray[np.int64], page: Page
) -> SessionSeries:
    """What a session reports that held so many tensors beside its weights; both of shape (n,)."""
    still = np.full(len(held), WEIGHTS, dtype=np.int64)
    grows = held + WEIGHTS
    kept = {
        "tensors": (grows, grows, grows),
        "bytes": (still * 0, grows, grows),
        "gpu_bytes": (still, still, grows),
    }[page.signal]
    kinds = (FindingKind.TENSOR_LEAK, FindingKind.BYTES_LEAK, FindingKind.GPU_BYTES_LEAK)
    signals = {
        kind: values if kind is FindingKind.TENSOR_LEAK else values * page.bytes_per_tensor
        for kind, values in zip(kinds, kept, strict=True)
    }
    minutes = {"minutes": float(at[-1]) / page.per_second / 60} if KEEPS_TIME else {}
    return SessionSeries(
        cohort=cohort,
        session=name,
        last_at=NOW - timedelta(hours=1),
        predictions=at,
        signals=signals,
        device="desktop, linux, chrome",
        **minutes,  # type: ignore[arg-type]
    )
