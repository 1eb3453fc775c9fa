"""Samples that follow one another, as the calls of a model that gets its own state back."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import Array, Inputs, dtype_of


def begin_sequences(inputs: Inputs, ports: Sequence[TensorSpec], carried: Collection[str]) -> Inputs:
    """Says where sequences begin: at the first sample, and at each that gives a carried input.

    A sample that begins a sequence has zeros for the carried inputs that it leaves out; the others
    have none of them.

    Raises:
        EvaluateError: zeros are needed, and the model leaves a size of that input open.
    """
    starts, samples = list[int](), list[dict[str, Array]]()
    for at, sample in enumerate(inputs.samples):
        if at == 0 or not sample.keys().isdisjoint(carried):
            starts.append(at)
            samples.append({port.name: _given_or_zeros(sample, port, inputs.names[at]) for port in ports})
        else:
            samples.append(sample)
    return inputs._replace(samples=samples, starts=tuple(starts))


def _given_or_zeros(sample: Mapping[str, Array], port: TensorSpec, name: str) -> Array:
    if port.name in sample:
        return sample[port.name]
    sizes = [size for size in port.dimensions if size is not None]
    if len(sizes) != len(port.dimensions):
        raise EvaluateError(
            f"sample {name} begins a sequence and does not give the input {port.name!r}, whose size the "
            "model leaves open: give it there, with zeros if the app begins with zeros"
        )
    return np.zeros(sizes, dtype_of(port))
