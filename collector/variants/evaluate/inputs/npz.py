"""Inputs from an .npz: an array for each input of the model, whose first axis counts the samples."""

import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import MAX_BYTES, MAX_INPUTS, Inputs, fit


def read_npz(path: Path, ports: Sequence[TensorSpec], optional: Collection[str] = ()) -> Inputs:
    """Reads an .npz; pickled objects are never loaded. ``optional`` inputs may be left out.

    Raises:
        EvaluateError: it cannot be read, is too large, or does not fit the model.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            inflated = sum(entry.file_size for entry in archive.infolist())
        if inflated > MAX_BYTES:
            raise EvaluateError(
                f"{path} holds {inflated:,} bytes; at most {MAX_BYTES:,} can be evaluated: keep fewer samples"
            )
        with np.load(path, allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
    except OSError as error:
        raise EvaluateError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise EvaluateError(f"{path} is no .npz of plain arrays: {error}") from error
    if not arrays:
        raise EvaluateError(f"{path} holds no array: write one for each input with numpy.savez")
    lengths = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    counts = set(lengths.values())
    if len(counts) != 1 or 0 in counts:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise EvaluateError(
            f"{path}: the first axis counts the samples, and must have one length, above 0, in all arrays: "
            f"{said}"
        )
    count = counts.pop()
    if count > MAX_INPUTS:
        raise EvaluateError(f"{path} holds {count:,} samples; at most {MAX_INPUTS:,} can be evaluated")
    samples = [
        fit({name: array[at] for name, array in arrays.items()}, ports, f"{path}, sample {at}", optional)
        for at in range(count)
    ]
    return Inputs("npz", [str(at) for at in range(count)], samples)
