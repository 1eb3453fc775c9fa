"""The tables that fleets are played from: TensorFlow.js's own, which the tests have, and made-up ones."""

from pathlib import Path

from collector.contract.vocabulary import Backend
from collector.simulate import Cell, make_cells, read_table

HERE = Path(__file__).parent
TABLES = {
    "tfjs": HERE.parents[1] / "tests" / "data" / "browser_tfjs_wasm_readme.csv",
    "surprise": HERE / "surprise.csv",
    "wasm": HERE / "wasm.csv",
    "warmup": HERE / "warmup.csv",
}


def cells_of(name: str) -> list[Cell]:
    """The cells of a table; of TensorFlow.js's those that browsers measured, with both webgl and wasm."""
    cells = make_cells(read_table(TABLES[name]))
    if name != "tfjs":
        return cells
    both = {Backend.WEBGL, Backend.WASM}
    return [cell for cell in cells if both <= {arm.backend for arm in cell.arms}]


def source_of(name: str) -> str:
    """Where the figures of a table are from: its first lines."""
    lines = TABLES[name].read_text(encoding="utf-8").splitlines()
    return " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))
