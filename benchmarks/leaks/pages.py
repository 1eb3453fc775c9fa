"""What memory does on pages, prediction by prediction: some leak, most do not.

A page's shape is a function of (random, at) that gives the tensors held beside the weights after ``at``
predictions, both of shape (n,). Honest pages end or give back what they hold; what each leaking page leaks
per prediction is in its name. The unit tests of leaks play the same shapes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Level = NDArray[np.float64]
Shape = Callable[[Generator, NDArray[np.int64]], Level]


@dataclass(frozen=True)
class Page:
    """What a page holds, and how it is used."""

    tensors: Shape
    leaks: bool = False
    bytes_per_tensor: int = 4096
    per_second: float = 30.0
    """Predictions."""
    lengths: tuple[int, int] = (100, 5000)
    """Predictions of its sessions, from and to: as many from 100 to 200 as from 2,500 to 5,000."""
    signal: str = "tensors"
    """What grows: ``bytes`` where the library counts no tensors, ``gpu_bytes`` where only textures stay."""


def flat(_: Generator, at: NDArray[np.int64]) -> Level:
    return np.zeros(len(at))


def _noise(random: Generator, at: NDArray[np.int64]) -> Level:
    """Whatever was in use when the point was taken."""
    return random.integers(0, 20, len(at)).astype(float)


def _warm_up(random: Generator, at: NDArray[np.int64]) -> Level:
    return random.integers(5, 80) * (1 - np.exp(-at / random.uniform(1, 20)))


def sawtooth(random: Generator, at: NDArray[np.int64]) -> Level:
    """A page that disposes of its tensors in batches, several times in a session."""
    period = random.integers(2, max(3, at[-1] // 4))
    return np.asarray((at + random.integers(0, period)) % period * float(random.integers(1, 4)))


def long_saw(random: Generator, at: NDArray[np.int64]) -> Level:
    """The same every thousand predictions, which many sessions never reach."""
    return np.asarray((at + random.integers(0, 1000)) % 1000, dtype=np.float64)


def longer_saw(random: Generator, at: NDArray[np.int64]) -> Level:
    """A saw of a third of the session up to one and a half times its length."""
    period = random.integers(max(2, at[-1] // 3), max(3, int(at[-1] * 1.5)))
    return np.asarray((at + random.integers(0, period)) % period * float(random.integers(1, 4)))


def cache(random: Generator, at: NDArray[np.int64]) -> Level:
    """400 entries, of which 0.2 to 1 a prediction are new until it is full."""
    return np.asarray(np.minimum(at * random.uniform(0.2, 1), 400))


def _large_cache(random: Generator, at: NDArray[np.int64]) -> Level:
    return np.asarray(np.minimum(at * random.uniform(0.2, 0.5), 1000))


def few_keys(random: Generator, at: NDArray[np.int64]) -> Level:
    """A cache without a bound, of at most 300 keys; some are asked for far more often than others."""
    keys = random.zipf(1.3, int(at[-1]) + 1) % 300
    _, first = np.unique(keys, return_index=True)
    return np.asarray(np.searchsorted(np.sort(first), at, side="right"), dtype=np.float64)


def second_model(random: Generator, at: NDArray[np.int64]) -> Level:
    return np.asarray((at > random.uniform(0, at[-1])) * float(random.integers(50, 400)))


def steps(random: Generator, at: NDArray[np.int64]) -> Level:
    when = random.uniform(0, at[-1], size=random.integers(1, 4))
    return np.asarray((at[:, None] >= when).sum(axis=1) * float(random.integers(50, 400)))


def picture_sizes(random: Generator, at: NDArray[np.int64]) -> Level:
    """What a picture takes while it is looked at; its size varies."""
    return np.asarray(random.integers(0, 60, int(at[-1]) // 50 + 1)[at // 50], dtype=np.float64)


def _sleeps(random: Generator, at: NDArray[np.int64]) -> Level:
    """A page that keeps its inputs while it is hidden, and lets them go when it shows again."""
    hidden = (at // max(10, at[-1] // random.integers(3, 9))) % 2
    begins = np.maximum.accumulate(np.where(np.diff(hidden, prepend=0) != 0, at, 0))
    return np.asarray(hidden * (at - begins), dtype=np.float64)


def leak(per_prediction: float) -> Shape:
    return lambda _, at: np.asarray(np.floor(at * per_prediction), dtype=np.float64)


def _beneath(per_prediction: float, above: Shape) -> Shape:
    return lambda random, at: np.asarray(np.floor(at * per_prediction) + above(random, at))


def _bursts(of: float, each: float) -> Shape:
    """Some tensors at an error, which one of ``each`` predictions is."""
    return lambda random, at: np.asarray(np.cumsum(random.random(len(at)) < 1 / each) * of)


def _short_saw(random: Generator, at: NDArray[np.int64]) -> Level:
    return np.asarray((at + random.integers(0, 200)) % 200 * 2.0)


VISIT = (30, 120)
VIDEO = (3600, 36_000)
"""One to ten minutes at 60 a second."""
HALF_A_MEGABYTE_A_MINUTE = 2**19 / 3600
"""Bytes per prediction at 60 a second."""

HONEST: dict[str, Page] = {
    "flat": Page(flat),
    "noise": Page(_noise),
    "warm-up": Page(_warm_up),
    "saw": Page(sawtooth),
    "saw of 1,000": Page(long_saw),
    "saw of any length": Page(longer_saw),
    "cache of 400": Page(cache),
    "300 keys": Page(few_keys),
    "second model": Page(second_model),
    "models later": Page(steps),
    "picture sizes": Page(picture_sizes),
    "asleep": Page(_sleeps),
    "saw, short visits": Page(sawtooth, lengths=VISIT),
    "noise at 60 a second": Page(_noise, per_second=60, lengths=VIDEO, bytes_per_tensor=150_000),
    "picture sizes at 60 a second": Page(
        picture_sizes, per_second=60, lengths=VIDEO, bytes_per_tensor=150_000
    ),
}
UNKNOWABLE: dict[str, Page] = {"cache of 1,000": Page(_large_cache)}
"""Honest, but most of even the longest sessions end before it shows: counted apart."""
LEAKING: dict[str, Page] = {
    "1": Page(leak(1), leaks=True),
    "1, short visits": Page(leak(1), leaks=True, lengths=VISIT),
    "1 in 10": Page(leak(0.1), leaks=True),
    "1 in 100": Page(leak(0.01), leaks=True, bytes_per_tensor=150_000),
    "1 in 100 beneath a saw": Page(_beneath(0.01, _short_saw), leaks=True, bytes_per_tensor=150_000),
    "0.5 MB a minute": Page(
        leak(HALF_A_MEGABYTE_A_MINUTE / 150_000),
        leaks=True,
        bytes_per_tensor=150_000,
        per_second=60,
        lengths=VIDEO,
    ),
    "0.5 MB a minute, bytes only": Page(
        leak(HALF_A_MEGABYTE_A_MINUTE / 4096),
        leaks=True,
        per_second=60,
        lengths=VIDEO,
        signal="bytes",
    ),
    "0.5 MB a minute, on the GPU only": Page(
        leak(HALF_A_MEGABYTE_A_MINUTE / 4096),
        leaks=True,
        per_second=60,
        lengths=VIDEO,
        signal="gpu_bytes",
    ),
    "5 at an error, 1 in 200": Page(_bursts(5, 200), leaks=True),
    "20 at an error, 1 in 800": Page(_bursts(20, 800), leaks=True),
    "1 in 5 beneath a saw": Page(_beneath(0.2, _short_saw), leaks=True),
    "1 beneath a cache": Page(_beneath(1, cache), leaks=True),
}
