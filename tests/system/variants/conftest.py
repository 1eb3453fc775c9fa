"""The installed converters, and real models that they make."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import COMMAND

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BLAZEFACE = ROOT / "node_modules/@vladmandic/human/models/blazeface.json"
SILERO = ROOT / "node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx"
Build = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def tool_python() -> Path:
    """The Python of the converters' environment. `make test` sets it up; here that must be done already."""
    done = subprocess.run(
        [COMMAND, "variants", "setup", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(json.loads(done.stdout)["environment"]) / "bin" / "python"


@pytest.fixture(scope="session")
def in_tool(tool_python: Path) -> Callable[..., str]:
    """Runs a script of this folder with the converters' libraries; returns what it prints."""

    def run(script: str, *arguments: object, stdin: str = "") -> str:
        done = subprocess.run(
            [tool_python, "-P", HERE / script, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            env={
                "PYTHONPATH": str(ROOT / "converters"),
                "CUDA_VISIBLE_DEVICES": "-1",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run


@pytest.fixture(scope="session")
def sources(in_tool: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models, good and bad, made by Keras, TensorFlow and onnx."""
    folder = tmp_path_factory.mktemp("sources")
    in_tool("make_sources.py", folder)
    return folder


@pytest.fixture(scope="session")
def build(tool_python: Path) -> Build:
    """Runs `inferfleet variants build`."""

    def run(model: Path, to: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [COMMAND, "variants", "build", model, "--to", to, *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    return run


@pytest.fixture(scope="session")
def run_tfjs() -> Callable[..., Any]:
    """Runs graph models in TensorFlow.js on one input: names and values of the outputs of each."""

    def run(entries: list[Path], shape: list[int], values: list[float]) -> Any:
        done = subprocess.run(
            ["node", HERE / "run_tfjs.mjs", *entries],
            input=json.dumps({"shape": shape, "values": values}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
