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


def test_the_four_networks_learn_and_join_one_folder(tool_python: Path, tmp_path: Path) -> None:
    digits = load_digits()
    images = (digits.images[..., np.newaxis] / 16).astype(np.float32)
    np.savez(tmp_path / "train.npz", image=images, label=digits.target)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {
        "PYTHONPATH": str(ROOT / "examples/slimming"),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [tool_python, "-P", "-m", "training", tmp_path / "train.npz", tmp_path, "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert all((tmp_path / f"{each['model']}.h5").stat().st_size > 50_000 for each in told)
    assert [each["model"] for each in told] == ["flatten", "pooled", "pruned", "distilled"]

    built = tmp_path / "variants"
    commands = [["build", tmp_path / "flatten.h5", "--to", built, "--only", "source"]]
    commands += [
        ["add", tmp_path / f"{name}.h5", "--to", built, "--variant", name, "--only", "source"]
        for name in ("pooled", "pruned")
    ]
    for command in commands:
        made = subprocess.run(
            [COMMAND, "variants", *command], capture_output=True, text=True, check=False, timeout=240
        )
        assert made.returncode == 0, made.stderr
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
