"""How many samples a cell predicts: those that are compared with nothing are left out."""

from typing import Any

import numpy as np

from collector.variants.evaluate.cells import SLOWEST_FIRST, Cell, worth_running
from collector.variants.evaluate.engine import BACKENDS
from collector.variants.evaluate.held_back import held_back

SAMPLES = 8


def cell(variant: str, backend: str, outputs: int, ready_ms: float, **more: Any) -> Cell:
    return Cell(
        variant, backend, ready_ms=[ready_ms] * 3, outputs=[[np.zeros(1, np.float32)]] * outputs, **more
    )


def table(*cells: Cell) -> dict[tuple[str, str], Cell]:
    return {(made.variant, made.backend): made for made in cells}


def test_every_backend_has_its_place_in_the_order() -> None:
    assert {name for names in BACKENDS.values() for name in names} == set(SLOWEST_FIRST)


def test_the_slowest_says_how_many_samples_are_compared() -> None:
    made = table(
        cell("source", "webgpu", 3, 2000), cell("source", "webgl", 5, 400), cell("uint8", "webgpu", 4, 2000)
    )
    assert worth_running(made, "source", SAMPLES) == 3
    assert worth_running(made, "uint8", SAMPLES) == 4
    assert worth_running(made, "float16", SAMPLES) == SAMPLES


def test_a_cell_that_failed_holds_nobody_back() -> None:
    made = table(cell("source", "webgpu", 1, 2000, reason="hang"))
    assert worth_running(made, "source", SAMPLES) == SAMPLES


def test_where_the_slow_backend_is_wrong_the_others_are_compared_as_if_it_were_not_there() -> None:
    made = table(
        cell("source", "cpu", 4, 800),
        cell("source", "wasm", 8, 20),
        cell("source", "webgl", 5, 400),
        cell("source", "webgpu", 3, 2000),
        cell("uint8", "cpu", 4, 20),
        cell("uint8", "wasm", 8, 20),
        cell("uint8", "webgl", 5, 400, reason="hang"),
        cell("uint8", "webgpu", 3, 2000),
    )
    found = held_back(made, ("cpu", "wasm", "webgl"), SAMPLES, 5.0)
    told = [([(short.variant, short.backend) for short in cells], upto) for cells, upto in found]
    assert told == [
        ([("source", "cpu")], 6),  # six of 800 ms fit into five seconds: webgl needs no more either
        ([("source", "webgl")], 6),
        ([("uint8", "cpu")], 8),
    ]


def test_cells_that_have_all_are_left_alone() -> None:
    made = table(cell("source", "cpu", 8, 20), cell("source", "wasm", 8, 20))
    assert list(held_back(made, ("cpu", "wasm"), SAMPLES, 5.0)) == []
