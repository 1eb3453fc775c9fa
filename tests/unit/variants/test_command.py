"""What the command says before anything is measured, and while."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector.cli.app import app
from collector.cli.variants_evaluate_text import CellsLine, bar_line
from collector.variants.evaluate import Progress

WITHOUT_PLAYWRIGHT = """
import sys
sys.modules["playwright"] = None
from collector.cli import main
sys.argv = ["inferfleet", "variants", "evaluate", "."]
main()
"""


def test_a_missing_package_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PLAYWRIGHT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "inferfleet: the package playwright drives Chromium, and is missing: "
        "pip install 'inferfleet[variants]'\n"
    )


def test_a_folder_of_something_else_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["variants", "evaluate", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "holds no variants.json" in done.stderr


def test_the_bar_says_how_far_it_is() -> None:
    line = bar_line(Progress(4, 16, "uint8 on webgl"), 42.3)
    assert line == f"[{'#' * 7}{' ' * 23}] 4 of 16 cells, 42 s, uint8 on webgl"


def test_a_log_has_a_line_for_each_cell(capsys: pytest.CaptureFixture[str]) -> None:
    line = CellsLine()
    for progress in (
        Progress(0, 2, "source on wasm"),
        Progress(0, 2, "source on wasm"),
        Progress(1, 2, "uint8 on wasm"),
    ):
        line.show(progress)
    line.clear()
    told = capsys.readouterr()
    assert told.err == "0 of 2 cells, 0 s, source on wasm\n1 of 2 cells, 0 s, uint8 on wasm\n"
    assert told.out == ""
