"""Versions of a variant: rows that are only ever added, each the whole state, with who made it and why.

As with apps (ADR 0008), one row is one atomic change and its own audit record.
"""

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from collector.contract.variant_quality import VariantQuality, read_verdicts
from collector.models.registration import Facts, Verdict
from collector.store import SCHEMAS, Store

FACTS = frozenset(Facts.model_fields)
"""The fields that say what a variant is, without who said it and when."""
BY_SQL = "sql"
"""The action of rows of the table ``variants``, which users wrote by SQL of their own; their version is 0."""


class VariantVersion(BaseModel):
    """What a variant is from ``created_at`` on, until a higher version. The fields are those of ``Facts``.

    They are taken as the store has them: what a user's own SQL or a newer version wrote must be shown, too.
    """

    model_config = ConfigDict(frozen=True)

    app: str
    model: str
    variant: str
    version: int
    created_at: datetime
    author: str
    action: str
    note: str
    removed: bool
    url: str
    engine: str
    kind: str
    content_id: str
    source_id: str
    bytes: int
    brotli_bytes: int | None
    integrity: str
    agreement: float | None
    accuracy: float | None
    accuracy_of: str
    samples: int | None
    accepted: bool | None
    refused_by: list[str]
    backends: dict[str, Verdict]
    metadata: dict[str, Any]

    def facts(self) -> dict[str, Any]:
        """What is registered, by the names of ``Facts``."""
        return self.model_dump(mode="json", include=set(FACTS))

    def quality(self) -> VariantQuality:
        """What gates look at."""
        return VariantQuality(
            agreement=self.agreement,
            accuracy=self.accuracy,
            accuracy_of=self.accuracy_of,
            accepted=self.accepted,
            refused_by=tuple(self.refused_by),
            backends=read_verdicts(_dump(self.facts()["backends"])),
        )


class VariantConflict(RuntimeError):
    """Somebody else changed the variant, or its model's budget, first. Look at it and try again."""


class UnknownVariant(LookupError):
    """There is no such variant."""


def read_registered(store: Store, app: str, model: str = "") -> list[VariantVersion]:
    """The newest version of each variant, removed ones included; of one that no command registered, its row
    by SQL.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    newest = [from_row(row) for row in store.query("variants_newest", app=app, model=model)]
    known = {(version.model, version.variant) for version in newest}
    by_sql = [
        _of_sql(app, row)
        for row in store.query("variants_by_sql", app=app, model=model)
        if (row["model"], row["variant"]) not in known
    ]
    return sorted([*newest, *by_sql], key=lambda version: (version.model, version.variant))


def read_history(store: Store, app: str, model: str, variant: str, *, limit: int) -> list[VariantVersion]:
    """The newest versions of a variant, newest first."""
    name = {"app": app, "model": model, "variant": variant}
    return [from_row(row) for row in store.query("variants_versions", **name, version=0, limit=limit)]


def append(store: Store, version: VariantVersion) -> VariantVersion:
    """Stores a new version and makes it the one that holds.

    Its name and number serve as deduplication token: of two writers that chose the same number one row is
    stored, and the other writer is told. No name has a slash in it.

    Raises:
        VariantConflict: another writer was first.
        StoreUnavailable: it is not known whether it was stored.
    """
    row = version.model_dump(mode="json") | {"created_at": version.created_at}
    row |= {name: _dump(row[name]) for name in ("backends", "metadata")}
    table = pa.Table.from_pylist([row], schema=SCHEMAS["variant_versions"])
    name = {"app": version.app, "model": version.model, "variant": version.variant}
    store.insert("variant_versions", table, token="/".join([*name.values(), str(version.version)]))
    stored = from_row(store.query("variants_versions", **name, version=version.version, limit=1)[0])
    if stored != version:
        app, model, variant = name.values()
        look = f"`inferfleet variants show --app {app} --model {model} --variant {variant}`"
        raise VariantConflict(
            f"variant {variant!r} of {model} was just changed by {stored.author!r} "
            f"({stored.action}): look at it with {look}, then try again"
        )
    return stored


def from_row(row: dict[str, Any]) -> VariantVersion:
    """A row of ``variant_versions``."""
    return VariantVersion.model_validate(
        {**row, **{name: _load(row[name]) for name in ("backends", "metadata")}}
    )


def _of_sql(app: str, row: dict[str, Any]) -> VariantVersion:
    """A row of ``variants``, which has fewer columns. Nothing in it says who wrote it."""
    return VariantVersion(
        app=app,
        model=row["model"],
        variant=row["variant"],
        version=0,
        created_at=row["created_at"],
        author="",
        action=BY_SQL,
        note="",
        removed=False,
        url=row["url"],
        engine=row["format"],
        kind="",
        content_id="",
        source_id="",
        bytes=row["bytes"],
        brotli_bytes=None,
        integrity="",
        agreement=row["agreement"],
        accuracy=row["accuracy"],
        accuracy_of="",
        samples=None,
        accepted=None,
        refused_by=[],
        backends={},
        metadata={},
    )


def _dump(value: Any) -> str:
    """The same bytes for the same value, so that a repetition can be told."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _load(text: str) -> Any:
    return json.loads(text) if text else {}
