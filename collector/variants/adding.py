"""Another model joins a folder of variants: pruned, distilled, or with another head."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from collector.variant_folder import SOURCE, BadFile, BuiltVariant, BuiltVariants, read_built
from collector.variant_folder.bounded_files import check_file
from collector.variant_folder.built import BUILT, MOST_VARIANTS
from collector.variants.building import BuildRefused, Order, Step, build_variants
from collector.variants.fitting import doubts, misfit
from collector.variants.tool import Tool

SCRATCH = ".adding."
"""How the folder's name begins that a call builds in: inside of the folder it adds to, hence on one disk."""
OWN = "float32"
"""The kind of a model that joins as it is. `source` is what all others are compared with."""


@dataclass(frozen=True)
class Added:
    """The folder as it is now, and the names of the variants that are new in it."""

    variants: BuiltVariants
    new: tuple[str, ...]


def add_variants(tool: Tool, order: Order, variant: str, watch: Callable[[Step], None]) -> Added:
    """Builds a model beside the folder ``order.to``, and moves its variants in under names that begin alike.

    A model that is ``pooled`` there joins as ``pooled``, ``pooled-float16`` and so on. What was in the folder
    stays; variants.json is replaced last, in one step. The same call again adds nothing. Of two calls at once
    the second waits.

    Raises:
        BadFile: the folder holds no variants, or has something else of these names.
        BuildRefused: the model cannot be used, or does not fit the source of the folder.
    """
    folder = order.to
    name = read_built(folder).model
    try:
        with _alone(folder, lambda: watch(Step(0, 1, "waiting for another call that adds to this folder"))):
            for left in folder.glob(f"{SCRATCH}*"):  # of a call that was killed: this one is alone
                shutil.rmtree(left)
            with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
                made = Path(scratch) / "built"
                build_variants(tool, replace(order, to=made, name=name), watch)
                return _join(folder, made, variant)
    except OSError as error:
        raise BadFile(f"{error.filename or folder}: {error.strerror}") from error


@contextmanager
def _alone(folder: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Holds a lock on the folder that ends with the process, also by kill -9."""
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _join(folder: Path, made: Path, variant: str) -> Added:
    there, built = read_built(folder), read_built(made)
    if built.engine != there.engine:
        raise BuildRefused(
            f"the folder's model runs on {there.engine} and this one on {built.engine}: they cannot stand in "
            "for each other; build it to a folder of its own"
        )
    source = there.find(SOURCE)
    if source is None:
        raise BadFile(f"{folder} has no variant `source`, which others are compared with: build it again")
    if wrong := misfit(built.variants[0], source, there.engine):
        raise BuildRefused(f"the model does not fit the folder's source: {wrong}")
    # As they are written, not as they were read: what a later version wrote is kept.
    record, given = _written(folder), _written(made)
    known = {one.name: one.id for one in there.variants}
    joining = [
        (_new_name(one, variant), one, raw)
        for one, raw in zip(built.variants, given["variants"], strict=True)
    ]
    for name, one, _ in joining:
        if known.get(name, one.id) != one.id:
            raise BadFile(
                f"{folder} has another variant {name}: choose another --variant, or build the folder again "
                "and add to it"
            )
    joining = [joins for joins in joining if joins[0] not in known]
    if len(known) + len(joining) > MOST_VARIANTS:
        raise BadFile(f"{folder} would have over {MOST_VARIANTS} variants: add fewer, with --only")
    taken = [name for name, one, _ in joining if _is_taken(folder / name, one)]
    if taken:
        raise BadFile(
            f"{folder / taken[0]} already exists and is not a variant of this folder, so nothing is "
            "overwritten: move it away, or choose another --variant"
        )
    for name, one, raw in joining:
        if not (folder / name).exists():
            (made / one.name).rename(folder / name)
        warnings = [*raw["warnings"], *doubts(one, source)]
        record["variants"].append(_renamed(raw, name) | {"made_from": given["source"], "warnings": warnings})
    if joining:
        _replace(folder / BUILT, record)
    return Added(read_built(folder), tuple(name for name, _, _ in joining))


def _is_taken(place: Path, variant: BuiltVariant) -> bool:
    """Whether something is there that is not what a call left which was killed before it told of it."""
    if not os.path.lexists(place):
        return False
    files = {each.path.partition("/")[2]: each for each in variant.files}
    if place.is_symlink() or not place.is_dir() or {each.name for each in place.iterdir()} != set(files):
        return True
    try:
        for name, each in files.items():
            check_file(place, name, size=each.bytes, sha256=each.sha256)
    except BadFile:
        return True
    return False


def _new_name(built: BuiltVariant, variant: str) -> str:
    return variant if built.name == SOURCE else f"{variant}-{built.name}"


def _written(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / BUILT).read_bytes())
    return found


def _renamed(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A variant's record, with its files in the folder ``name``."""

    def moved(path: str) -> str:
        return f"{name}/{path.partition('/')[2]}"

    files = [file | {"path": moved(file["path"])} for file in raw["files"]]
    kind = OWN if raw["name"] == SOURCE else raw["kind"]
    return dict(raw) | {"name": name, "kind": kind, "entry": moved(raw["entry"]), "files": files}


def _replace(path: Path, record: Mapping[str, Any]) -> None:
    """Replaces variants.json: a reader sees the old one or the new one, also after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
