"""The folder of variants: moved into place whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .refusal import Refused

FORMAT = "inferfleet-variants-1"
RECORD = "variants.json"
BESIDE = frozenset({RECORD, "evaluation.json", "evaluation.json.part", "published.json", "canary_input.bin"})
"""What other commands put beside the variants: it is of the build that is replaced."""


def check_target(to: Path, model: Path) -> None:
    """That ``to`` may be written or replaced: it is not there, empty, or an earlier run's.

    Raises:
        Refused: something else would be lost.
    """
    if to.is_symlink() or (to.exists() and not to.is_dir()):
        raise Refused(f"--to {to} is no folder: name one that does not exist yet")
    if not to.exists():
        return
    if model.resolve().is_relative_to(to.resolve()):
        raise Refused(f"the model lies in --to {to}, which is replaced as a whole: name another folder")
    if not any(to.iterdir()):
        return
    built = _built_files(to)
    if built is None:
        raise Refused(
            f"--to {to} holds other files, which would be lost: name a folder that does not exist yet"
        )
    for path in sorted(to.rglob("*")):
        name = path.relative_to(to).as_posix()
        if (path.is_symlink() or not path.is_dir()) and name not in built:
            raise Refused(
                f"--to {to} holds {name}, which no build wrote and would be lost: move it elsewhere"
            )


def _built_files(folder: Path) -> frozenset[str] | None:
    """What an earlier build and the commands after it wrote to the folder; None when it is none of ours."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
        if record["format"] != FORMAT:
            return None
        listed = [file["path"] for variant in record.get("variants", []) for file in variant["files"]]
        return BESIDE.union(listed)
    except (OSError, ValueError, LookupError, TypeError):
        return None


@contextmanager
def staged(to: Path) -> Iterator[Path]:
    """A new folder beside ``to`` that takes its place when all went well, and is deleted otherwise."""
    to.parent.mkdir(parents=True, exist_ok=True)
    draft = to.with_name(f".{to.name}.{os.getpid()}.part")
    old = to.with_name(f".{to.name}.{os.getpid()}.old")
    _remove_leftovers(to)
    draft.mkdir()
    try:
        yield draft
        if to.exists():
            to.rename(old)
        draft.rename(to)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if old.exists() and not to.exists():
            old.rename(to)
        shutil.rmtree(old, ignore_errors=True)


def _remove_leftovers(to: Path) -> None:
    """Drafts of processes that were killed."""
    for left in to.parent.glob(f".{to.name}.*.part"):
        number = left.name.removesuffix(".part").rpartition(".")[2]
        if number.isdigit() and not _runs(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
