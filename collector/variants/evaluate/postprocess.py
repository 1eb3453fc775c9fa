"""What an app makes of a model's outputs, by a script of the user's in a process of its own."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from collector.variants.evaluate.agreement import Array, Outputs
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import MAX_BYTES

LIMIT_S = 300
RUNNER = Path(__file__).with_name("postprocess_runner.py")


def run_postprocess(path: Path, names: Sequence[str], outputs: Outputs) -> list[list[Array]]:
    """Runs ``postprocess(outputs)`` of a Python file on each sample.

    It takes a dict of arrays by output name and returns a dict of what the app reads, with the same names for
    each sample. Sizes may differ, as the number of boxes does.

    Args:
        path: the script.
        names: of the outputs, in the order of ``outputs[sample]``.
        outputs: what the model computed.

    Returns:
        What it made of each sample, its arrays in the order of their names.

    Raises:
        EvaluateError: it fails, takes more than 300 s, or returns too much or no finite numbers.
    """
    if any(len(sample) != len(names) for sample in outputs):
        raise EvaluateError(f"{path.name} cannot be run: the model has other outputs than {', '.join(names)}")
    with tempfile.TemporaryDirectory(prefix="inferfleet-postprocess-") as folder:
        given, made = Path(folder) / "given.npz", Path(folder) / "made.npz"
        arrays = {
            f"{at}/{name}": array
            for at, sample in enumerate(outputs)
            for name, array in zip(names, sample, strict=True)
        }
        np.savez(given, allow_pickle=False, **arrays)
        command = [sys.executable, str(RUNNER), str(path), str(given), str(made), str(MAX_BYTES)]
        try:
            done = subprocess.run(  # noqa: S603 - the script that the user named
                command, capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise EvaluateError(
                f"{path.name} took more than {LIMIT_S} s for {len(outputs)} samples"
            ) from None
        if done.returncode != 0 or not made.is_file():
            lines = done.stderr.strip().splitlines()
            raise EvaluateError(f"{path.name}: {lines[-1] if lines else 'it ended without a word'}")
        with np.load(made, allow_pickle=False) as loaded:
            found: list[dict[str, Array]] = [{} for _ in outputs]
            for key in loaded.files:
                at, _, name = key.partition("/")
                found[int(at)][name] = loaded[key]
    return [[sample[name] for name in sorted(sample)] for sample in found]
