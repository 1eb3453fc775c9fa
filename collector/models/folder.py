"""A folder of variants as registrations, once every file in it is what its manifest says."""

import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from collector.contract.vocabulary import ORIGINAL, Backend, Engine
from collector.mistakes import sentences
from collector.models.registration import Registration, Verdict
from collector.variant_folder import SOURCE, BadFile, BuiltVariant, BuiltVariants, read_built
from collector.variant_folder.bounded_files import check_file, place_in, read_bytes
from collector.variant_folder.built import MOST_FILES
from collector.variant_folder.integrity import integrity_of
from collector.variant_folder.measured import MEASURED, WRONG, Evaluation, MeasuredVariant, read_evaluation
from collector.variant_folder.published import PUBLISHED, PublishedVariant, read_published

_ENGINES = {"ort": Engine.ONNXRUNTIME.value}
"""What tools call an engine, where reports call it otherwise."""
_BACKENDS = {backend.value for backend in Backend}
MOST_TOPOLOGY = 256 << 20
"""Bytes of a model.json."""


class Reading(NamedTuple):
    """Registrations of a folder's variants, and what a user should know of them."""

    variants: list[Registration]
    warnings: list[str]


class _Weights(BaseModel):
    model_config = ConfigDict(extra="ignore")

    paths: list[str] = Field(max_length=MOST_FILES)


class _Topology(BaseModel):
    """Of TensorFlow.js's model.json, where its weights are."""

    model_config = ConfigDict(extra="ignore")

    weightsManifest: list[_Weights] = Field(default_factory=list, max_length=MOST_FILES)


def read_folder(
    folder: Path,
    url_base: str | None = None,
    *,
    model: str | None = None,
    evaluation: Path | None = None,
) -> Reading:
    """Registrations of all variants of a folder, with their evaluation when there is one.

    Args:
        folder: with ``variants.json``.
        url_base: where the folder itself is served; a variant's URL is this and its entry file. None: where
            ``published.json`` in the folder says.
        model: the model's name in the app; None for the manifest's.
        evaluation: None for ``evaluation.json`` in the folder, if it is there.

    Raises:
        BadFile: a file is not what the manifest says, the evaluation is of other files, or a name or number
            does not fit; the message says what to do.
    """
    manifest = read_built(folder)
    _check_once((_fleet_name(built.name) for built in manifest.variants), folder)
    beside = folder / MEASURED
    measured: dict[str, MeasuredVariant] = {}
    warnings: list[str] = []
    if evaluation is not None or beside.exists():
        measured = _match(manifest, read_evaluation(evaluation or beside), evaluation or beside)
    else:
        warnings.append(f"{folder} has no {MEASURED}: a variant that nobody measured is never chosen")
    published = _read_published(folder, manifest) if url_base is None else {}
    found = []
    for built in manifest.variants:
        _check_variant(folder, built, manifest.engine)
        mine = measured.get(built.name)
        if measured and mine is None:
            warnings.append(f"{built.name} is not in the evaluation: it is never chosen until it is measured")
        if mine is not None and (strange := sorted({cell.backend for cell in mine.cells} - _BACKENDS)):
            warnings.append(f"{built.name}: no page reports the backend {', '.join(strange)}; left out")
        facts = _facts(manifest, built, mine)
        if url_base is None:
            place = _published_place(published, built, folder)
        else:
            place = _raw_place(url_base, built, manifest.engine)
        name = {"model": model or manifest.model, "variant": _fleet_name(built.name)}
        try:
            found.append(Registration.model_validate(facts | name | place))
        except ValidationError as error:
            raise BadFile(f"variant {built.name}: {'; '.join(sentences(error))}") from error
    return Reading(found, warnings)


def _read_published(folder: Path, manifest: BuiltVariants) -> dict[str, PublishedVariant]:
    path = folder / PUBLISHED
    if not path.exists():
        raise BadFile(
            f"{folder} has no {PUBLISHED}: publish it with `inferfleet variants publish`, or say with "
            "--url-base where the folder itself is served"
        )
    published = read_published(folder)
    if published.model != manifest.model:
        raise BadFile(
            f"{path} is of the model {published.model}, the folder has {manifest.model}: "
            "publish the folder again"
        )
    _check_once((each.name for each in published.variants), path)
    return {each.name: each for each in published.variants}


def _published_place(
    published: dict[str, PublishedVariant], built: BuiltVariant, folder: Path
) -> dict[str, str]:
    found = published.get(built.name)
    if found is None or found.id != built.id:
        what = "names other files" if found is not None else "does not name it"
        raise BadFile(f"variant {built.name}: {folder / PUBLISHED} {what}: publish the folder again")
    return {"url": found.url, "integrity": found.integrity}


def _raw_place(url_base: str, built: BuiltVariant, engine: str) -> dict[str, str]:
    """Of a folder that is served as it is. A built model.json names no hashes of its shards."""
    url = f"{url_base.rstrip('/')}/{quote(built.entry)}"
    if engine == Engine.TFJS.value:
        return {"url": url}
    return {"url": url, "integrity": integrity_of(built.file(built.entry).sha256)}


def _fleet_name(name: str) -> str:
    return ORIGINAL if name == SOURCE else name


def _facts(manifest: BuiltVariants, built: BuiltVariant, measured: MeasuredVariant | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "engine": _ENGINES.get(manifest.engine, manifest.engine),
        "kind": built.kind,
        "content_id": built.id,
        "source_id": (built.made_from or manifest.source).sha256,
        "bytes": built.bytes,
        "brotli_bytes": built.brotli_bytes,
        "metadata": {
            "files": [each.model_dump() for each in built.files],
            "inputs": [each.model_dump() for each in built.inputs],
            "outputs": [each.model_dump() for each in built.outputs],
            "tool": manifest.tool,
            "warnings": built.warnings,
        },
    }
    if measured is None:
        return facts
    accuracy, error = measured.accuracy, measured.error
    return facts | {
        # With labels an evaluation goes by what is right, and not by what is alike.
        "agreement": error.top1 if error is not None and accuracy is None else None,
        "accuracy": accuracy.top1 if accuracy is not None else None,
        "accuracy_of": "top1" if accuracy is not None else "",
        "samples": accuracy.samples if accuracy is not None else None,
        "accepted": measured.accepted,
        "refused_by": measured.refused_by,
        "backends": {
            cell.backend: Verdict(
                accepted=cell.accepted, agrees=WRONG not in cell.refused_by, refused_by=cell.refused_by
            )
            for cell in measured.cells
            if cell.backend in _BACKENDS
        },
    }


def _match(manifest: BuiltVariants, evaluation: Evaluation, path: Path) -> dict[str, MeasuredVariant]:
    """The evaluation by variant, when it is of these very files."""
    again = "evaluate this folder again"
    if evaluation.model != manifest.model:
        raise BadFile(
            f"{path} is an evaluation of the model {evaluation.model}, the folder has {manifest.model}: "
            f"{again}"
        )
    ids = {built.name: built.id for built in manifest.variants}
    _check_once((each.name for each in evaluation.variants), path)
    for each in evaluation.variants:
        if each.name not in ids:
            raise BadFile(f"{path} has a variant {each.name} that the folder has not: {again}")
        if each.id != ids[each.name]:
            raise BadFile(f"{path} measured other files of {each.name} than the folder has: {again}")
    return {each.name: each for each in evaluation.variants}


def _check_once(names: Iterable[str], path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadFile(f"{path} has two variants that are called {name}: give each its own name")
        seen.add(name)


def _check_variant(folder: Path, built: BuiltVariant, engine: str) -> None:
    """Every file is there, whole, inside the folder; and a page that loads the entry finds all it needs."""
    paths = {each.path for each in built.files}
    for each in built.files:
        check_file(folder, each.path, size=each.bytes, sha256=each.sha256)
    if engine == Engine.TFJS.value:
        _check_shards(folder, built, paths)


def _check_shards(folder: Path, built: BuiltVariant, paths: set[str]) -> None:
    """TensorFlow.js fetches what model.json names, whatever the manifest lists."""
    entry = place_in(folder, built.entry)
    try:
        topology = _Topology.model_validate_json(read_bytes(entry, MOST_TOPOLOGY))
    except ValidationError as error:
        raise BadFile(f"{entry} is no model.json: {'; '.join(sentences(error)[:3])}") from error
    beside = posixpath.dirname(built.entry)
    for group in topology.weightsManifest:
        for shard in group.paths:
            if posixpath.join(beside, shard) not in paths:
                raise BadFile(
                    f"{entry} needs the shard {shard}, which the manifest does not list: build the variants "
                    "again"
                )
