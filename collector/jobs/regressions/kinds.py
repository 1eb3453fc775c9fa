"""What cells belong to: cohorts, and the strata that cohorts are compared within."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collector.jobs.regressions.axes import AXES, DAY
from collector.jobs.regressions.splits import combine, joined
from collector.jobs.regressions.votes import DETAILS, FACETS, Column, Labels


@dataclass(frozen=True, eq=False, slots=True)
class Kinds:
    """The cohorts of a run: what a cell belongs to."""

    leaf: Labels
    """Of shape (cells,): app and all facets."""
    leaves: int
    app: Labels
    """Of shape (leaves,)."""
    facets: Mapping[str, Labels]
    """Of shape (leaves,), by name."""
    strata: Mapping[str, tuple[Labels, int]]
    """By axis: of shape (cells,), the same details and versions of all other axes; and how many there are."""
    detail: Labels
    """Of shape (cells,): leaf and details."""

    @classmethod
    def of(cls, cells: Mapping[str, Column]) -> "Kinds":
        """The cohorts of some cells."""
        leaf, leaves = joined(cells, ("app", *FACETS))
        detail, details = joined(cells, ("app", *FACETS, *DETAILS))
        first = np.zeros(leaves, dtype=np.int64)
        first[leaf] = np.arange(len(leaf))
        strata = {}
        for name in (*(axis.name for axis in AXES), DAY):
            others = [axis.name for axis in AXES if axis.name != name]
            strata[name] = combine(
                [(detail, details), *((cells[other].codes, len(cells[other].names)) for other in others)]
            )
        return cls(
            leaf=leaf,
            leaves=leaves,
            app=cells["app"].codes[first],
            facets={name: cells[name].codes[first] for name in FACETS},
            strata=strata,
            detail=detail,
        )
