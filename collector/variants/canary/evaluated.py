"""What an evaluation of the folder says: which variants were accepted, and which backends compute wrong."""

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from collector.mistakes import sentence
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.manifest import SOURCE, Manifest

EVALUATION = "evaluation.json"
MOST_BYTES = 8 << 20
WRONG = "wrong_backend"


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Cell(_Read):
    backend: str
    refused_by: list[str] = []


class _Variant(_Read):
    name: str
    id: str
    accepted: bool
    cells: list[_Cell] = Field(default=[], max_length=64)


class _Evaluation(_Read):
    format: str
    variants: list[_Variant] = Field(max_length=64)


class Evaluated(NamedTuple):
    """``accepted`` has the source; ``wrong`` the backends that were wrong on some accepted variant."""

    accepted: tuple[str, ...]
    wrong: frozenset[str]


def read_evaluated(folder: Path, manifest: Manifest) -> Evaluated:
    """Reads evaluation.json of a folder.

    Raises:
        EvaluateError: it is missing, is of other files, or refuses the source.
    """
    path = folder / EVALUATION
    first = f"run `inferfleet variants evaluate` on {folder} first"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EvaluateError(f"{path} is larger than {MOST_BYTES:,} bytes: it cannot be an evaluation")
        read = _Evaluation.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise EvaluateError(
            f"{folder} has no {EVALUATION}, which says what is accepted and which backend is wrong: {first}"
        ) from None
    except OSError as error:
        raise EvaluateError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in found["loc"])
        raise EvaluateError(f"{path}: {where or 'the file'}: {sentence(found)}; {first}") from error
    if read.format != "inferfleet-evaluation-1":
        raise EvaluateError(f"{path} has a format that this version does not read: {first}")
    ids = {variant.name: variant.id for variant in manifest.variants}
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
