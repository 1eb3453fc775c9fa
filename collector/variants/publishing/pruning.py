"""Removes published variants that no page loads any more."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from collector.variants.publishing.target import Target

_OURS = re.compile(r"^([0-9a-f]{64}\.bin|[0-9a-f]{16}\.[a-z]{1,8})(\.br)?$")


class PrunedVariant(BaseModel):
    """A variant's folder at the target."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="MODEL/ID")
    files: list[str] = Field(description="Names, the entry first")
    bytes: int


class PruneSummary(BaseModel):
    """What of a target is needed, and what is not."""

    model_config = ConfigDict(frozen=True)

    unused: list[PrunedVariant]
    kept: dict[str, str] = Field(description="Path -> why it stays")
    removed: bool

    @property
    def bytes(self) -> int:
        """What the unused ones take."""
        return sum(variant.bytes for variant in self.unused)


def prune(
    target: Target,
    named: Collection[str],
    *,
    before: datetime,
    allow: Callable[[PruneSummary], bool],
) -> PruneSummary:
    """Removes the variants that nobody names.

    A folder stays when a URL of ``named`` is in it, wherever it is served from; when one of its files is
    younger than ``before`` (it may not be registered yet), or of unknown age; and when it holds anything that
    no publication makes.

    Args:
        target: one app's part of it.
        named: URLs of every config that a page may go by, and of every variant that one may come to name.
        before: aware; what was written since is left alone.
        allow: asked once, with what would be removed; false removes nothing.

    Raises:
        OSError: a file cannot be removed. What is left is removed the next time.
    """
    kept: dict[str, str] = {}
    unused: list[PrunedVariant] = []
    needed = {folder for url in named if (folder := _folder_of(url)) is not None}
    for path, files in sorted(_by_folder(target).items()):
        why = _why_kept(path, files, needed, before)
        if why is not None:
            kept[path] = why
            continue
        # Nobody must see an entry whose other files are gone.
        names = sorted(files, key=lambda name: (name.startswith(_shards(files)), name))
        unused.append(PrunedVariant(path=path, files=names, bytes=sum(size for size, _ in files.values())))
    plan = PruneSummary(unused=unused, kept=kept, removed=False)
    if not unused or not allow(plan):
        return plan
    for variant in unused:
        for name in variant.files:
            target.remove(f"{variant.path}/{name}")
        target.remove_folder(variant.path)
    return plan.model_copy(update={"removed": True})


_Files = dict[str, tuple[int, datetime | None]]


def _by_folder(target: Target) -> dict[str, _Files]:
    """Files by MODEL/ID. What lies elsewhere is none of ours."""
    folders: dict[str, _Files] = {}
    for path, about in target.find().items():
        model, _, rest = path.partition("/")
        key, _, name = rest.partition("/")
        if name:
            folders.setdefault(f"{model}/{key}", {})[name] = about
    return folders


def _why_kept(path: str, files: _Files, needed: Collection[str], before: datetime) -> str | None:
    if path in needed:
        return "a config or a registered variant names it"
    if not all(_OURS.fullmatch(name) for name in files):
        return "it holds files that no publication makes"
    ages = [written for _, written in files.values()]
    if any(written is None for written in ages):
        return "the target does not say how old it is"
    if any(written >= before for written in ages if written is not None):
        return "it is new"
    return None


def _shards(files: _Files) -> tuple[str, ...]:
    return tuple(name.removesuffix(".br") for name in files if name.removesuffix(".br").endswith(".bin"))


def _folder_of(url: str) -> str | None:
    """MODEL/ID of a published file's URL; None for a URL that cannot be one."""
    parts = urlsplit(url).path.split("/")
    return "/".join(parts[-3:-1]) if len(parts) >= 3 else None
