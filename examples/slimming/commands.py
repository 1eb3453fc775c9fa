"""The commands that the example runs, shown as one would type them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from examples.slimming.errors import SlimmingError

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
LOG_LINES = 15


def inferfleet(*arguments: str | Path, env: Mapping[str, str] | None = None, quiet: bool = False) -> str:
    """Runs a command of Inferfleet, shows it and what it says, and returns that.

    Raises:
        SlimmingError: it is not installed, or it failed; its message is shown.
    """
    program = shutil.which("inferfleet", path=str(Path(sys.executable).parent))
    if program is None:
        raise SlimmingError("the inferfleet command is not installed: make setup")
    print(f"\n$ inferfleet {' '.join(_short(argument) for argument in arguments)}", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        [program, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT, env=env
    )
    if done.returncode:
        raise SlimmingError(f"inferfleet {arguments[0]} ended with {done.returncode}")
    if not quiet:
        print(done.stdout.rstrip())
    print(f"({time.monotonic() - began:.0f} s)", flush=True)
    return done.stdout


def train(python: Path, data: Path, folder: Path) -> None:
    """Trains the networks with the converters' Python; shows a line for each.

    Raises:
        SlimmingError: it failed; the end of its log is in the message.
    """
    print(
        f"\n$ python -m training {data.name} {folder.name}    # with the Python of the converters", flush=True
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TF_"))
    }
    # The same bytes in every run on one machine: no GPU, no library that adds in another order.
    environment |= {
        "PYTHONPATH": str(HERE),
        "PYTHONHASHSEED": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    log = folder / "training.log"
    with log.open("w") as errors:
        done = subprocess.run(
            [python, "-P", "-m", "training", data, folder], stderr=errors, check=False, env=environment
        )
    if done.returncode:
        raise SlimmingError("the training failed:\n" + "\n".join(log.read_text().splitlines()[-LOG_LINES:]))


def _short(argument: str | Path) -> str:
    text = str(argument)
    try:
        return str(Path(text).relative_to(ROOT)) if text.startswith("/") else text
    except ValueError:
        return text
