"""Keeps the recorded canaries of models: stores them, shows them and takes them away again."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collector.contract.authorship import ADMIN, sign
from collector.contract.canary import RecordedCanary, judge_standing
from collector.contract.vocabulary import ORIGINAL
from collector.contract.wire_model import Name
from collector.mistakes import name_some
from collector.models.bounded_json import check_size
from collector.models.canaries import (
    CanaryVersion,
    append_canary,
    read_canaries,
    read_canary_history,
)
from collector.models.registration import check_name
from collector.models.versions import UnknownVariant, read_registered
from collector.store import Store
from collector.store.columns import millisecond
from collector.variant_folder import SOURCE
from collector.variant_folder.built import Sha256

MOST_HISTORY = 50
MOST_EVIDENCE = 16_384
"""Bytes of a canary's evidence as JSON."""


class CanaryRegistration(BaseModel):
    """A canary to keep for a model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Name
    canary: RecordedCanary
    contents: dict[Name, Sha256] = Field(min_length=1, max_length=64)
    """Variant -> content id of the files that it was recorded of."""
    evidence: dict[str, Any] = Field(default_factory=dict)

    @field_validator("evidence")
    @classmethod
    def _is_small(cls, value: dict[str, Any]) -> dict[str, Any]:
        return check_size(value, MOST_EVIDENCE)

    @model_validator(mode="after")
    def _says_its_files(self) -> Self:
        """Without the files of a variant nobody could tell that it has others by now."""
        covered = {name for reference in self.canary.references for name in reference.variants}
        if SOURCE in covered:
            raise ValueError(f"the fleet calls the unmodified source {ORIGINAL}: record it by that name")
        if covered != set(self.contents):
            raise ValueError(
                "contents must name the files of each variant that has a reference, and no other"
            )
        return self


class CanaryView(BaseModel):
    """A canary, and whether the next publication has it."""

    model_config = ConfigDict(frozen=True)

    recorded: CanaryVersion
    published: bool
    """False: the registry has another original by now."""
    left_out: list[str]
    """What the next publication leaves out, and why."""
    changed: bool = True
    """False, of a registration: it was kept just so before, and nothing was stored."""


class CanaryList(BaseModel):
    """Canaries by model. Removed ones are not among them."""

    model_config = ConfigDict(frozen=True)

    app: str
    canaries: list[CanaryView]


class CanaryHistory(BaseModel):
    """One canary, and its versions, newest first."""

    model_config = ConfigDict(frozen=True)

    canary: CanaryView
    history: list[CanaryVersion]


class CanaryRegistry:
    """The canaries of apps' models as the store keeps them. Thread-safe.

    Every method raises ``StoreUnavailable`` when the store does not answer and ``ValueError`` for a name that
    cannot be one; changes raise ``VariantConflict`` when somebody else was first.

    Args:
        store: where they are kept.
        origins_of: the origins of an app; raises for one that there is not.
        clock: the time of day.
    """

    def __init__(
        self,
        store: Store,
        *,
        origins_of: Callable[[str], Sequence[str]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._origins_of = origins_of
        self._clock = clock
        self._one_at_a_time = threading.Lock()  # two calls to one collector need not conflict

    def list(self, app: str, model: str = "") -> CanaryList:
        """The canaries of an app, or of one of its models."""
        found = read_canaries(self._store, app, check_name(model) if model else "")
        kept = [version for version in found.values() if not version.removed]
        if not kept:
            self._origins_of(app)
        files = self._files(app, model)
        return CanaryList(
            app=app, canaries=[_view(version, files.get(version.model, {})) for version in kept]
        )

    def show(self, app: str, model: str) -> CanaryHistory:
        """The canary of a model, and what it was before.

        Raises:
            UnknownVariant: the model never had one.
        """
        history = read_canary_history(self._store, app, check_name(model), limit=MOST_HISTORY)
        if not history:
            raise self._unknown(app, model)
        return CanaryHistory(canary=self._view(history[0]), history=history)

    def register(
        self, app: str, wanted: CanaryRegistration, *, author: str = ADMIN, note: str = ""
    ) -> CanaryView:
        """Keeps a canary for a model, in place of the one before.

        Raises:
            LookupError: ``origins_of`` knows no such app.
        """
        act = sign(author, note, self._clock())
        self._origins_of(app)
        with self._one_at_a_time:
            newest = read_canaries(self._store, app, wanted.model).get(wanted.model)
            if newest is not None and not newest.removed and _same(newest, wanted):
                return self._view(newest).model_copy(update={"changed": False})
            made = CanaryVersion(
                app=app,
                version=newest.version + 1 if newest else 1,
                created_at=millisecond(act.now),
                author=act.author,
                action="record",
                note=act.note,
                removed=False,
                canary_id=wanted.canary.id,
                **dict(wanted),
            )
            return self._view(append_canary(self._store, made))

    def remove(self, app: str, model: str, *, author: str = ADMIN, note: str = "") -> CanaryVersion:
        """Takes a model's canary away. Its history stays.

        Raises:
            UnknownVariant: it has none, or none any more.
        """
        act = sign(author, note, self._clock())
        with self._one_at_a_time:
            newest = read_canaries(self._store, app, check_name(model)).get(model)
            if newest is None or newest.removed:
                raise self._unknown(app, model)
            gone = {
                "version": newest.version + 1,
                "created_at": millisecond(act.now),
                "author": act.author,
                "action": "remove",
                "note": act.note,
                "removed": True,
            }
            return append_canary(self._store, newest.model_copy(update=gone))

    def _view(self, version: CanaryVersion) -> CanaryView:
        return _view(version, self._files(version.app, version.model).get(version.model, {}))

    def _files(self, app: str, model: str) -> dict[str, dict[str, str]]:
        """Model -> variant -> content id of its registered files, of all models by one question."""
        files: dict[str, dict[str, str]] = {}
        for each in read_registered(self._store, app, model):
            if not each.removed:
                files.setdefault(each.model, {})[each.variant] = each.content_id
        return files

    def _unknown(self, app: str, model: str) -> UnknownVariant:
        found = read_canaries(self._store, app)
        names = name_some(name for name, version in found.items() if not version.removed)
        return UnknownVariant(f"app {app!r} has no canary of {model}; models that have one: {names}")


def _view(version: CanaryVersion, registered: Mapping[str, str]) -> CanaryView:
    standing = judge_standing(version.model, version.canary, version.contents, registered)
    return CanaryView(
        recorded=version,
        published=standing.canary is not None and not version.removed,
        left_out=standing.left_out,
    )


def _same(version: CanaryVersion, wanted: CanaryRegistration) -> bool:
    return (version.canary, version.contents, version.evidence) == (
        wanted.canary,
        wanted.contents,
        wanted.evidence,
    )
