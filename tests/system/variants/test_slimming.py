"""The networks of examples/slimming learn, and their variants are what its README says they are."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.system.conftest import COMMAND
from tests.system.variants.conftest import ROOT

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def trained(tool_python: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with the four networks after one epoch, and their names in the order they were told."""
    folder = tmp_path_factory.mktemp("slimming")
    digits = load_digits()
    images = (digits.images[..., np.newaxis] / 16).astype(np.float32)
    np.savez(folder / "train.npz", image=images, label=digits.target)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {
        "PYTHONPATH": str(ROOT / "examples/slimming"),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [tool_python, "-P", "-m", "training", folder / "train.npz", folder, "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return folder, [each["model"] for each in told]


def run(*words: str | Path, seconds: float = 240) -> None:
    made = subprocess.run(
        [COMMAND, "variants", *words], capture_output=True, text=True, check=False, timeout=seconds
    )
    assert made.returncode == 0, made.stderr


def test_the_four_networks_learn_and_join_one_folder(trained: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, told = trained
    assert told == ["flatten", "pooled", "pruned", "distilled"]
    assert all((folder / f"{name}.h5").stat().st_size > 50_000 for name in told)
    assert list(folder.glob("*.part.h5")) == []
    built = tmp_path / "variants"
    run("build", folder / "flatten.h5", "--to", built, "--only", "source")
    for name in ("pooled", "pruned"):
        run("add", folder / f"{name}.h5", "--to", built, "--variant", name, "--only", "source")
    record = json.loads((built / "variants.json").read_bytes())
    size = {each["name"]: (each["bytes"], each["brotli_bytes"]) for each in record["variants"]}
    assert size["pooled"][0] < 0.1 * size["source"][0]
    # Zeros are stored, and compress.
    assert size["pruned"][0] == size["source"][0]
    assert size["pruned"][1] < 0.25 * size["source"][1]
    for each in record["variants"]:
        assert "BatchNorm" not in " ".join(each["ops"])  # it became part of the convolutions
        assert each["ops"]["_FusedConv2D"] == 3
        assert each["inputs"] == [{"name": "image", "dtype": "float32", "shape": [None, 8, 8, 1]}]


def test_the_next_visitor_runs_the_chosen_variant_and_the_canary_catches_a_wrong_backend(
    trained: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """The README's second command, on a folder that takes a minute to make: two variants, one epoch."""
    folder, _ = trained
    built = tmp_path / "variants"
    run(
        "build",
        folder / "flatten.h5",
        "--to",
        built,
        "--name",
        "digits",
        "--only",
        "float16",
        "--only",
        "uint8",
    )
    np.savez(tmp_path / "test.npz", image=np.load(folder / "train.npz")["image"][:64])
    measured = ("--cell-seconds", "0", "--runs", "3", "--backends", "cpu,wasm")
    run("evaluate", built, "--inputs", tmp_path / "test.npz", *measured)

    command = [
        COMMAND.with_name("python"),
        "-m",
        "examples.slimming",
        "--folder",
        tmp_path,
        "serve",
        "--once",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    before, after, wrong = shown["before"], shown["after"], shown["wrong_backend"]
    assert (before["variant"], before["source"]) == ("original", "override")
    assert (after["variant"] in ("uint8", "float16"), after["source"]) == (True, "config")
    assert after["bytes"] < 0.55 * before["bytes"]
    assert after["incidents"] == []
    assert "wrong_output" in wrong["incidents"]
    assert not wrong["backend"].startswith("wasm")
    assert np.allclose(
        wrong["scores"], before["scores"], atol=0.05
    )  # it answers as it did where wasm was right
