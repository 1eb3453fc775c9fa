"""Whether a model can stand in for another: pages feed both alike, and read both alike."""

from collector.variant_folder import BuiltVariant, TensorSpec
from collector.variant_folder.built import Engine


def misfit(model: BuiltVariant, source: BuiltVariant, engine: Engine) -> str | None:
    """What a page would fail at that was written for the source, and what to do; None when it fits.

    The only input of a TensorFlow.js model may have another name: ``predict(tensor)`` needs none.
    """
    wanted, given = _named(source.inputs), _named(model.inputs)
    nameless = engine == "tfjs" and len(given) == 1
    if [dtype for _, dtype in wanted] != [dtype for _, dtype in given] if nameless else wanted != given:
        return (
            f"its inputs are {_list(given)}, and the source's {_list(wanted)}, by which pages feed them: "
            "name the input layers alike and export it again"
        )
    if len(model.outputs) != len(source.outputs):
        return (
            f"it has {len(model.outputs)} outputs, and the source {len(source.outputs)}: export it with the "
            "same outputs in the same order"
        )
    for mine, theirs in zip(model.outputs, source.outputs, strict=True):
        if not (_can_be(mine, theirs) and _same_type(mine, theirs)):
            return (
                f"its output {mine.name} is {_kind(mine)}, where the source's {theirs.name} is "
                f"{_kind(theirs)}: export it with the same outputs in the same order"
            )
    return None


def doubts(model: BuiltVariant, source: BuiltVariant) -> list[str]:
    """What else a user should know."""
    pairs = _pairs(model.inputs, source.inputs)
    found = [
        f"it takes {mine.name} as {_size(mine)}, the source as {_size(theirs)}: the page must "
        "resize for it, and `variants evaluate`, which gives all variants the same inputs, cannot run it"
        for mine, theirs in pairs
        if not _can_be(mine, theirs)
    ]
    found += [
        f"its input is named {mine.name}, not {theirs.name} as the source's: a page that gives a tensor "
        "alone is right, one that gives it by name fails"
        for mine, theirs in pairs
        if mine.name != theirs.name
    ]
    names = [end.name for end in model.outputs]
    if len(names) > 1 and names != [end.name for end in source.outputs]:
        found.append(
            f"its outputs are named {', '.join(names)}, not as the source's: a page that takes them by name "
            "fails"
        )
    return found


def _pairs(model: list[TensorSpec], source: list[TensorSpec]) -> list[tuple[TensorSpec, TensorSpec]]:
    if len(model) == 1:
        return [(model[0], source[0])]
    by_name = {end.name: end for end in source}
    return [(end, by_name[end.name]) for end in model]


def _named(ends: list[TensorSpec]) -> list[tuple[str, str]]:
    return sorted((end.name, end.dtype or "open") for end in ends)


def _list(ends: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} ({dtype})" for name, dtype in ends)


def _same_type(one: TensorSpec, other: TensorSpec) -> bool:
    return one.dtype is None or other.dtype is None or one.dtype == other.dtype


def _kind(end: TensorSpec) -> str:
    return f"{end.dtype or ''} {_size(end)}".strip()


def _size(end: TensorSpec) -> str:
    if end.shape is None:
        return "[?]"
    return f"[{', '.join('?' if size is None else str(size) for size in end.dimensions)}]"


def _can_be(one: TensorSpec, other: TensorSpec) -> bool:
    """Whether there is a shape that fits both."""
    if one.shape is None or other.shape is None:
        return True
    return len(one.shape) == len(other.shape) and all(
        a is None or b is None or a == b for a, b in zip(one.dimensions, other.dimensions, strict=True)
    )
