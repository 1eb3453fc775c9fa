"""What an app makes of a model's outputs, by a script of the user's in a process of its own."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from collector.variants.evaluate.agreement import Array, Outputs
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import MAX_BYTES
from collector.variants.evaluate.user_script import run_user_script

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
        run_user_script(
            RUNNER, path, given, made, MAX_BYTES, out=made, advice=f"it was given {len(outputs)} samples"
        )
        with np.load(made, allow_pickle=False) as loaded:
            found: list[dict[str, Array]] = [{} for _ in outputs]
            for key in loaded.files:
                at, _, name = key.partition("/")
                found[int(at)][name] = loaded[key]
    return [[sample[name] for name in sorted(sample)] for sample in found]
