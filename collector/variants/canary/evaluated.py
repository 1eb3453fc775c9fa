"""What an evaluation of the folder says: which variants were accepted, and which backends compute wrong."""

from pathlib import Path
from typing import NamedTuple

from collector.variant_folder import SOURCE, BadFile, BuiltVariants
from collector.variant_folder.measured import MEASURED, WRONG, read_evaluation
from collector.variants.evaluate.errors import EvaluateError


class Evaluated(NamedTuple):
    """``accepted`` has the source; ``wrong`` the backends that were wrong on some accepted variant."""

    accepted: tuple[str, ...]
    wrong: frozenset[str]


def read_evaluated(folder: Path, built: BuiltVariants) -> Evaluated:
    """Reads evaluation.json of a folder.

    Raises:
        EvaluateError: it is missing, is of other files, or refuses the source.
    """
    path = folder / MEASURED
    first = f"run `inferfleet variants evaluate` on {folder} first"
    if not path.exists():
        raise EvaluateError(
            f"{folder} has no {MEASURED}, which says what is accepted and which backend is wrong: {first}"
        )
    try:
        read = read_evaluation(path)
    except BadFile as error:
        raise EvaluateError(f"{error}; {first}") from error
    ids = {variant.name: variant.id for variant in built.variants}
    for variant in read.variants:
        if ids.get(variant.name, variant.id) != variant.id:
            raise EvaluateError(f"{path} measured other files of {variant.name} than the folder has: {first}")
    accepted = [variant for variant in read.variants if variant.accepted and variant.name in ids]
    if SOURCE not in {variant.name for variant in accepted}:
        raise EvaluateError(
            f"{path} does not accept the source: there is no right answer to record; it says why"
        )
    return Evaluated(
        tuple(variant.name for variant in accepted),
        frozenset(cell.backend for variant in accepted for cell in variant.cells if WRONG in cell.refused_by),
    )
