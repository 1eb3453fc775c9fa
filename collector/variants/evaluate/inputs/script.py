"""Inputs from a script of the user's, which runs in a process of its own."""

import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import MAX_BYTES, MAX_INPUTS, Inputs, fit

LIMIT_S = 300
RUNNER = Path(__file__).with_name("script_runner.py")


def run_script(path: Path, ports: Sequence[TensorSpec], optional: Collection[str] = ()) -> Inputs:
    """Runs ``inputs()`` of a Python file, which yields one dict of arrays by input name for each sample.

    A sample may leave out ``optional`` inputs.

    Raises:
        EvaluateError: it fails, takes more than 300 s, yields nothing or too much, or does not fit the model.
    """
    with tempfile.TemporaryDirectory(prefix="inferfleet-inputs-") as folder:
        out = Path(folder) / "inputs.npz"
        command = [sys.executable, str(RUNNER), str(path), str(out), str(MAX_INPUTS), str(MAX_BYTES)]
        try:
            done = subprocess.run(  # noqa: S603 - the script that the user named
                command, capture_output=True, text=True, timeout=LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise EvaluateError(f"{path} took more than {LIMIT_S} s: yield fewer samples") from None
        if done.returncode != 0 or not out.is_file():
            lines = done.stderr.strip().splitlines()
            raise EvaluateError(f"{path}: {lines[-1] if lines else 'it ended without a word'}")
        samples: list[dict[str, np.ndarray]] = []
        with np.load(out, allow_pickle=False) as loaded:
            for key in loaded.files:
                at, _, name = key.partition("/")
                if int(at) == len(samples):
                    samples.append({})
                samples[int(at)][name] = loaded[key]
    if not samples:
        raise EvaluateError(f"{path}: inputs() yields nothing: yield a dict of arrays for each sample")
    fitted = [fit(sample, ports, f"{path}, sample {at}", optional) for at, sample in enumerate(samples)]
    return Inputs("script", [str(at) for at in range(len(fitted))], fitted)
