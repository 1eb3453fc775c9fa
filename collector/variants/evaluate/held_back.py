"""Samples that cells left out because of a backend whose outputs do not count in the end. Pure."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from collector.variants.evaluate.cells import Cell


def held_back(
    cells: Mapping[tuple[str, str], Cell], agreeing: Sequence[str], samples: int, cell_s: float
) -> Iterator[tuple[list[Cell], int]]:
    """Cells of one backend that stopped early, and how many outputs each is to have; at most ``samples``.

    A cell stops at the number of samples that a slower backend of its variant had time for, as more would be
    compared with nothing. When the slower one is wrong, the others are compared without it: they get what the
    slowest of them has time for, in ``cell_s`` seconds.
    """
    wanted: dict[tuple[str, int], list[Cell]] = {}
    for variant in dict.fromkeys(variant for variant, _ in cells):
        usable = [cells[variant, backend] for backend in agreeing]
        usable = [cell for cell in usable if cell.reason is None and cell.ready_ms]
        upto = min((_affordable(cell, cell_s) for cell in usable), default=0)
        for cell in usable:
            if len(cell.outputs) < min(samples, upto):
                wanted.setdefault((cell.backend, min(samples, upto)), []).append(cell)
    for (_, upto), short in wanted.items():
        yield short, upto


def _affordable(cell: Cell, cell_s: float) -> int:
    return max(len(cell.outputs), int(cell_s * 1000 / max(float(np.median(cell.ready_ms)), 1e-3)))
