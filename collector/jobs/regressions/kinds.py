"""What cells belong to: cohorts, and the strata that cohorts are compared within."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collector.jobs.regressions.axes import ANY_VERSION, AXES, DAY
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
    """By axis: of shape (cells,), the same details and versions of all other axes that it does not carry; and
    how many there are. By ``ANY_VERSION``: the same details, whatever the versions."""
    coarse: Mapping[str, tuple[Labels, int]]
    """The same for cohorts whose strata have nothing alike: of an axis of versions the whole cohort, of days
    the same versions, or a new version would look like a day."""
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
        carried = {axis.name: axis.carries for axis in AXES}
        for name in (*carried, DAY):
            others = [other for other in carried if other != name and other not in carried.get(name, ())]
            strata[name] = combine(
                [(detail, details), *((cells[other].codes, len(cells[other].names)) for other in others)]
            )
        strata[ANY_VERSION] = combine([(detail, details)])
        versions = [(cells[axis.name].codes, len(cells[axis.name].names)) for axis in AXES]
        coarse = {axis.name: (leaf, leaves) for axis in AXES} | {
            DAY: combine([(leaf, leaves), *versions]),
            ANY_VERSION: (leaf, leaves),
        }
        return cls(
            leaf=leaf,
            leaves=leaves,
            app=cells["app"].codes[first],
            facets={name: cells[name].codes[first] for name in FACETS},
            strata=strata,
            coarse=coarse,
            detail=detail,
        )
