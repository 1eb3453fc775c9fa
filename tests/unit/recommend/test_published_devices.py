"""Decisions on published figures: TensorFlow.js's own WASM table, a device class for each device and browser.

Source: github.com/tensorflow/tfjs @0fc04d95 tfjs-backend-wasm/README.md and pull requests #3355, #3459: the
first line of tests/data/browser_tfjs_wasm_readme.csv. The table has means; the spread around them is made up.
"""

import csv
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import ENGINE_PRIORITY, Backend
from collector.jobs.recommend.arms import Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import visits

TABLE = Path(__file__).parents[2] / "data" / "browser_tfjs_wasm_readme.csv"
Cell = dict[str, float]


def read_cells() -> dict[tuple[str, str], Cell]:
    """(device and browser, model) -> backend -> ms, for those with both webgl and a wasm."""
    cells: dict[tuple[str, str], Cell] = defaultdict(dict)
    with TABLE.open() as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            cells[f"{row['device']} {row['browser']}", row["model"]][row["backend"]] = float(row["ms"])
    return {key: cell for key, cell in cells.items() if "webgl" in cell and "wasm" in cell}


def device_class(name: str) -> DeviceClass:
    """Each device is a GPU family of its own: the classes here only have to differ."""
    form, os = (
        ("mobile", "ios")
        if "iPhone" in name
        else ("mobile", "android")
        if "Pixel" in name
        else ("desktop", "other")
    )
    gpu = "".join(letter for letter in name.lower() if letter.isalpha())[:16]
    suffix = "".join(letter for letter in name.lower() if letter.isdigit())[:12]
    facts = (("form", form), ("os", os), ("browser", "chromium"), ("gpu", f"{gpu}-{suffix}"))
    return DeviceClass(facts=(*facts, ("memory_gb", "0"), ("cores", "0")))


CELLS = read_cells()
MODELS = sorted({model for _, model in CELLS})


def engine_pick(cell: Cell) -> str:
    return next(backend for backend in ENGINE_PRIORITY if backend in cell and not backend.startswith("wasm-"))


def decided(model: str, sessions: int, seed: int) -> dict[tuple[str, str], tuple[str, str]]:
    """(device, model) -> (state, backend) from simulated sessions of log-sd 0.3."""
    together: list[Visit] = []
    for (name, its_model), cell in CELLS.items():
        if its_model == model:
            for backend, ms in cell.items():
                together += visits(
                    backend,
                    sessions,
                    ms,
                    seed=seed,
                    device=device_class(name),
                    capable=frozenset(Backend(name) for name in cell),
                )
    records = decide(
        ModelInputs("demo", model, SessionDays.of(together)), RecommendSettings(explore_untried=False)
    )
    by_class = {record.device_class: record for record in records}
    return {
        (name, model): (record.state, record.recommended[0])
        for name, its_model in CELLS
        if its_model == model and (record := by_class[device_class(name).key]).recommended is not None
    }


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_truly_best_backend_is_recommended_where_the_gap_matters(model: str, seed: int) -> None:
    outcome = decided(model, 80, seed)
    for (name, _), (state, backend) in outcome.items():
        costs = sorted(CELLS[name, model].values())
        regret = CELLS[name, model][backend] / costs[0]
        if state == "committed":
            assert regret == 1.0, f"{name}: committed to {backend}, {regret:.2f}x the best"
        if costs[1] / costs[0] >= 1.3:
            assert regret == 1.0, f"{name}: {backend}"


def test_regret_is_far_below_the_engines_own_priority() -> None:
    chosen = decided(MODELS[0], 80, 3) | decided(MODELS[1], 80, 3)
    assert len(chosen) == len(CELLS)
    ours = [CELLS[key][backend] / min(CELLS[key].values()) for key, (_, backend) in chosen.items()]
    engine = [CELLS[key][engine_pick(CELLS[key])] / min(CELLS[key].values()) for key in chosen]
    mine, theirs = (math.exp(float(np.mean(np.log(regrets)))) for regrets in (ours, engine))
    wrong = sum(regret > 1 for regret in engine)
    committed = sum(state == "committed" for state, _ in chosen.values())
    print(
        f"{len(CELLS)} cells: engine {theirs:.2f}x the best (worst {max(engine):.2f}x, wrong in {wrong}); "
        f"recommended {mine:.3f}x (worst {max(ours):.2f}x, {committed} committed)"
    )
    assert wrong >= 6
    assert max(engine) == pytest.approx(5.67, abs=0.01)
    assert mine < 1.02 < theirs
