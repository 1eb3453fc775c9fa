"""What sessions say, as columns: a row is one session on one day with one arm, one vote.

A large fleet has millions of them. What rows share is a cell: one kind of device, model, backend and version
of everything that has versions. A row names its cell by number.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from collector.contract.histogram import RATIO
from collector.jobs.regressions.axes import AXES

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]

LOG_RATIO = float(np.log(RATIO))
NONE = -(2**15)
"""The bucket of a vote that says nothing of a signal."""
FACETS = ("model", "backend", "gpu_vendor", "gpu", "os", "browser", "form", "variant")
"""What a cause may be limited to, what says most first; ``gpu_vendor`` is the first word of ``gpu``."""
DETAILS = ("memory_gb", "cores")
"""What else tells kinds of device apart: votes are compared within these, and no finding names them."""
DERIVED = {"gpu_vendor": ("gpu", "-"), "engine": ("engine_version", "/")}
"""What is the first part of another column, up to this mark."""
NAMES = ("app", "engine", *FACETS, *DETAILS, *(axis.name for axis in AXES))
"""All that is known of a cell."""
TIMES = ("ready", "tail", "start", "frame", "memory")
"""Signals that are buckets of the log histogram, of milliseconds or bytes."""
FLAGS = ("errors", "incidents")
"""Signals that a session has or has not."""


def _first_part(mark: str, whole: str) -> str:
    return whole.partition(mark)[0]


@dataclass(frozen=True, slots=True)
class Column:
    """Values of shape (n,) as places in a short sorted list."""

    names: Sequence[Any]
    codes: Labels

    @classmethod
    def of(cls, values: pa.ChunkedArray | pa.Array) -> Self:
        """The column of some values."""
        if not len(values):
            return cls([], np.zeros(0, dtype=np.int64))
        encoded = values.dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.unify_dictionaries().combine_chunks()
        names = encoded.dictionary.to_pylist()
        order = sorted(range(len(names)), key=names.__getitem__)
        place = np.empty(len(names), dtype=np.int64)
        place[order] = np.arange(len(names))
        return cls([names[each] for each in order], place[encoded.indices.to_numpy(zero_copy_only=False)])

    def mapped(self, change: Callable[[Any], Any]) -> Self:
        """The column of other values, made from each one."""
        column = type(self).of(pa.array([change(name) for name in self.names]))
        return type(self)(column.names, column.codes[self.codes])


@dataclass(frozen=True, eq=False, slots=True)
class Votes:
    """Cells, each a column of shape (cells,), and rows, each of shape (rows,)."""

    cells: Mapping[str, Column]
    """By ``NAMES``."""
    cell: Labels
    at: Numbers
    """When the session was first seen on that day, in seconds since 1970."""
    signals: Mapping[str, NDArray[Any]]
    """``TIMES`` as int16, ``NONE`` where a vote says nothing; ``FLAGS`` as bool."""
    predictions: Numbers
    weight: Numbers
    """How many sessions the vote stands for: more than 1 where only a sample was read."""

    def __len__(self) -> int:
        return len(self.cell)

    def take(self, rows: Labels | Flags) -> Self:
        """Some of the rows, of all cells."""
        return type(self)(
            cells=self.cells,
            cell=self.cell[rows],
            at=self.at[rows],
            signals={name: values[rows] for name, values in self.signals.items()},
            predictions=self.predictions[rows],
            weight=self.weight[rows],
        )

    @classmethod
    def nothing(cls) -> Self:
        """No votes at all."""
        none, real = np.zeros(0, dtype=np.int64), np.zeros(0)
        signals = {name: np.zeros(0, dtype=np.int16 if name in TIMES else bool) for name in (*TIMES, *FLAGS)}
        return cls({name: Column([], none) for name in NAMES}, none, real, signals, real, real)

    @classmethod
    def from_tables(cls, cells: pa.Table, rows: pa.Table) -> Self:
        """Votes as the queries ``regressions_cells`` and ``regressions_votes`` answer them.

        Raises:
            KeyError: a row is of a cell that there is not.
        """
        numbers = cells.column("cell").to_numpy()
        order = np.argsort(numbers)
        asked = rows.column("cell").to_numpy()
        place = np.searchsorted(numbers, asked, sorter=order)
        if len(asked) and (place.max(initial=0) >= len(numbers) or (numbers[order[place]] != asked).any()):
            raise KeyError("a vote is of a cell that was not read")
        cells = cells.take(order)
        columns = {name: Column.of(cells.column(name)) for name in NAMES if name not in DERIVED}
        for name, (of, mark) in DERIVED.items():
            columns[name] = columns[of].mapped(partial(_first_part, mark))
        return cls(
            cells=columns,
            cell=place.astype(np.int64),
            at=rows.column("at").to_numpy().astype(np.float64),
            signals={
                name: rows.column(name)
                .to_numpy(zero_copy_only=False)
                .astype(np.int16 if name in TIMES else bool)
                for name in (*TIMES, *FLAGS)
            },
            predictions=rows.column("predictions").to_numpy().astype(np.float64),
            weight=rows.column("weight").to_numpy().astype(np.float64),
        )
