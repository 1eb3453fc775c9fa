"""Outputs by name: those that are fed back as inputs of the next call, and those that an app reads. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from collector.variant_folder import BuiltVariant, TensorSpec
from collector.variants.evaluate.agreement import Array
from collector.variants.evaluate.errors import EvaluateError


class Output(NamedTuple):
    """An output of the source: its name in variants.json, and its place among the outputs from 0.

    TensorFlow.js calls an output of a graph otherwise than the signature does; then the place counts.
    """

    name: str
    at: int

    def find(self, names: Sequence[str]) -> int:
        """Its place among the outputs as an engine names them."""
        return names.index(self.name) if self.name in names else self.at


class Carry(NamedTuple):
    """An output of one call that is an input of the next one."""

    output: Output
    input: TensorSpec


def find_carries(asked: Sequence[str], source: BuiltVariant) -> tuple[Carry, ...]:
    """What ``--carry OUTPUT=INPUT`` asks for.

    Raises:
        EvaluateError: it names what the model does not have, or what cannot be carried.
    """
    inputs = {port.name: port for port in source.inputs}
    carries: list[Carry] = []
    for text in asked:
        output, equals, name = text.partition("=")
        if not equals:
            raise EvaluateError(f"--carry {text}: write OUTPUT=INPUT, as in --carry stateN=state")
        found = _find(output, source, "--carry")
        if name not in inputs:
            raise EvaluateError(
                f"--carry {text}: the model has no input {name!r}; it has {', '.join(inputs)}"
            )
        if any(carry.input.name == name for carry in carries):
            raise EvaluateError(f"--carry {text}: the input {name!r} is carried already: name it once")
        if why := _misfit(source.outputs[found.at], inputs[name]):
            raise EvaluateError(f"--carry {text}: {why}")
        carries.append(Carry(found, inputs[name]))
    if carries and len(carries) == len(inputs):
        raise EvaluateError("--carry names all inputs of the model: no sample could be given to it")
    return tuple(carries)


def find_outputs(asked: Sequence[str], source: BuiltVariant) -> tuple[Output, ...]:
    """The outputs that ``--outputs`` names, in the model's order; none asked for: none, which means all.

    Raises:
        EvaluateError: the model has no such output.
    """
    return tuple(sorted({_find(name, source, "--outputs") for name in asked}, key=lambda found: found.at))


def pick(samples: Sequence[Sequence[Array]], places: Sequence[int] | None) -> list[list[Array]]:
    """Some outputs of each sample; None picks all. An output that is not there is left out."""
    if places is None:
        return [list(sample) for sample in samples]
    return [[sample[at] for at in places if at < len(sample)] for sample in samples]


def _find(name: str, source: BuiltVariant, option: str) -> Output:
    names = [port.name for port in source.outputs]
    if not names:
        raise EvaluateError(f"{option} {name}: variants.json names no outputs: build the variants again")
    if name not in names:
        raise EvaluateError(f"{option} {name}: the model has no output {name!r}; it has {', '.join(names)}")
    return Output(name, names.index(name))


def _misfit(output: TensorSpec, given: TensorSpec) -> str | None:
    """Why an output cannot be an input, as far as the model declares both."""
    if output.dtype is not None and output.dtype != given.dtype:
        return f"the output is {output.dtype} and the input {given.dtype}"
    if output.shape is None or given.shape is None:
        return None
    one, other = output.dimensions, given.dimensions
    if len(one) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(one, other, strict=True)
    ):
        return None
    return f"the output has the shape {_said(one)} and the input {_said(other)}"


def _said(shape: Sequence[int | None]) -> str:
    """``[2, ?, 128]``."""
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"
