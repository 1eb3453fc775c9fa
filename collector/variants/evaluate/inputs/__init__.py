"""What a model is evaluated on: arrays for each of its inputs, the same for every cell."""

from collector.variants.evaluate.inputs.folder import picture_files
from collector.variants.evaluate.inputs.inputs import MAX_INPUTS, Inputs, Scale
from collector.variants.evaluate.inputs.npz import read_npz
from collector.variants.evaluate.inputs.script import run_script
from collector.variants.evaluate.inputs.seeded import seeded_inputs
from collector.variants.evaluate.inputs.sequences import begin_sequences

__all__ = [
    "MAX_INPUTS",
    "Inputs",
    "Scale",
    "begin_sequences",
    "picture_files",
    "read_npz",
    "run_script",
    "seeded_inputs",
]
