"""Runs a script's ``postprocess()`` on saved outputs. Started as a process; it imports nothing of ours.

Usage: postprocess_runner.py SCRIPT GIVEN.npz MADE.npz MOST_BYTES
"""

import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Saves what it returns as ``SAMPLE/NAME``; says in one line what is wrong with the script."""
    script, given, made, most_bytes = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    sys.path.insert(0, str(Path(script).resolve().parent))
    postprocess = runpy.run_path(script).get("postprocess")
    if not callable(postprocess):
        sys.exit("it has no function postprocess(): write `def postprocess(outputs): return {name: array}`")
    arrays: dict[str, np.ndarray] = {}
    names: list[str] | None = None
    held = 0
    for at, outputs in enumerate(read(given)):
        result = postprocess(outputs)
        if not isinstance(result, dict) or not result or not all(isinstance(name, str) for name in result):
            sys.exit(f"postprocess() of sample {at} did not return a dict of arrays by name")
        if names is not None and sorted(result) != names:
            sys.exit(
                f"postprocess() returns {', '.join(sorted(result))} for sample {at}, and other names before"
            )
        names = sorted(result)
        for name, value in result.items():
            array = as_numbers(value)
            if array is None:
                sys.exit(f"postprocess() of sample {at}: {name} is no array of finite numbers")
            arrays[f"{at}/{name}"] = array
            held += array.nbytes
        if held > most_bytes:
            sys.exit(f"postprocess() returns more than {most_bytes} bytes: return what the app reads")
    np.savez(made, allow_pickle=False, **arrays)


def read(given: str) -> list[dict[str, np.ndarray]]:
    """The outputs of each sample, by name."""
    samples: list[dict[str, np.ndarray]] = []
    with np.load(given, allow_pickle=False) as loaded:
        for key in loaded.files:
            at, _, name = key.partition("/")
            if int(at) == len(samples):
                samples.append({})
            samples[int(at)][name] = loaded[key]
    return samples


def as_numbers(value: Any) -> np.ndarray | None:
    """The value as an array; None where it holds something else than finite numbers."""
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        return None
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
    return array if array.dtype.kind in "biuf" and bool(np.isfinite(array).all()) else None


if __name__ == "__main__":
    main()
