"""Runs a script's ``inputs()`` and saves what it yields. Started as a process; it imports nothing of ours.

Usage: script_runner.py SCRIPT OUT.npz MOST_SAMPLES MOST_BYTES
"""

import runpy
import sys
from pathlib import Path

import numpy as np


def main() -> None:
    """Saves each array as ``SAMPLE/NAME``; says in one line what is wrong with the script."""
    script, out, most, most_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    sys.path.insert(0, str(Path(script).resolve().parent))
    made = runpy.run_path(script).get("inputs")
    if not callable(made):
        sys.exit("it has no function inputs(): write `def inputs(): yield {name: array}`")
    arrays: dict[str, np.ndarray] = {}
    held = 0
    for at, sample in enumerate(made()):
        if at >= most:
            sys.exit(f"inputs() yields more than {most} samples: yield fewer")
        if not isinstance(sample, dict) or not sample:
            sys.exit(f"sample {at} of inputs() is not a dict of arrays by input name")
        for name, value in sample.items():
            array = np.asarray(value)
            if array.dtype == object:
                sys.exit(f"sample {at} of inputs(): {name} is no array of numbers")
            arrays[f"{at}/{name}"] = array
            held += array.nbytes
        if held > most_bytes:
            sys.exit(f"inputs() yields more than {most_bytes} bytes: yield fewer samples")
    np.savez(out, allow_pickle=False, **arrays)


if __name__ == "__main__":
    main()
