"""Versions of what an app wants of a model: how much accuracy a variant of it may lose."""

from datetime import datetime
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from collector.models.versions import VariantConflict
from collector.store import SCHEMAS, Store


class ModelVersion(BaseModel):
    """What holds for a model from ``created_at`` on, until a higher version. None: the setting."""

    model_config = ConfigDict(frozen=True)

    app: str
    model: str
    version: int
    created_at: datetime
    author: str
    action: str
    note: str
    max_accuracy_loss: float | None


def read_models(store: Store, app: str, model: str = "") -> dict[str, ModelVersion]:
    """The newest version of each model, or of one, by the model's name.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    rows: list[dict[str, Any]] = store.query("models_newest", app=app, model=model)
    return {row["model"]: ModelVersion.model_validate(row) for row in rows}


def append_model(store: Store, version: ModelVersion) -> ModelVersion:
    """Stores a new version and makes it the one that holds; see ``versions.append``.

    Raises:
        VariantConflict: another writer was first.
        StoreUnavailable: it is not known whether it was stored.
    """
    table = pa.Table.from_pylist([version.model_dump()], schema=SCHEMAS["model_versions"])
    store.insert("model_versions", table, token=f"{version.app}/{version.model}/{version.version}")
    rows = store.query("models_version", app=version.app, model=version.model, version=version.version)
    stored = ModelVersion.model_validate(rows[0])
    if stored != version:
        raise VariantConflict(
            f"the budget of {version.model} was just changed by {stored.author!r}: look at it with "
            f"`inferfleet variants list --app {version.app} --model {version.model}`, then try again"
        )
    return stored
