"""Inputs from a script of the user's, which runs in a process of its own."""

import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import MAX_BYTES, MAX_INPUTS, Inputs, fit
from collector.variants.evaluate.user_script import run_user_script

RUNNER = Path(__file__).with_name("script_runner.py")


def run_script(path: Path, ports: Sequence[TensorSpec], optional: Collection[str] = ()) -> Inputs:
    """Runs ``inputs()`` of a Python file, which yields one dict of arrays by input name for each sample.

    A sample may leave out ``optional`` inputs.

    Raises:
        EvaluateError: it fails, takes more than 300 s, yields nothing or too much, or does not fit the model.
    """
    with tempfile.TemporaryDirectory(prefix="inferfleet-inputs-") as folder:
        out = Path(folder) / "inputs.npz"
        run_user_script(RUNNER, path, out, MAX_INPUTS, MAX_BYTES, out=out, advice="yield fewer samples")
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
