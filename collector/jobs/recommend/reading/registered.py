"""What the registry knows of an app's variants, and what is wanted of its models."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from collector.contract.variant_quality import VariantQuality, read_verdicts
from collector.contract.vocabulary import ORIGINAL
from collector.store.lending import Tables


def read_registered(store: Tables, app: str) -> list[dict[str, Any]]:
    """Rows of ``recommend_variants``, without those of removed variants.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    return [row for row in store.query("recommend_variants", app=app) if not row["removed"]]


def qualities(registered: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, VariantQuality]]:
    """Model -> variant -> what is known of it."""
    found: dict[str, dict[str, VariantQuality]] = defaultdict(dict)
    for row in registered:
        found[row["model"]][row["variant"]] = VariantQuality(
            agreement=row["agreement"],
            accuracy=row["accuracy"],
            accuracy_of=row["accuracy_of"],
            accepted=row["accepted"],
            refused_by=tuple(row["refused_by"]),
            backends=read_verdicts(row["backends"]),
        )
    return found


def placed_variants(registered: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Model -> its variants beside the original that have a URL, of models that have some."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in registered:
        if row["url"] and row["variant"] != ORIGINAL:
            found[row["model"]].add(row["variant"])
    return {model: frozenset(names) for model, names in found.items()}


def compressed_sizes(registered: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Model -> variant -> bytes with brotli, of those that were told."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in registered:
        if row["brotli_bytes"]:
            found[row["model"]][row["variant"]] = int(row["brotli_bytes"])
    return dict(found)


def read_budgets(store: Tables, app: str) -> dict[str, float]:
    """Model -> the most accuracy that a variant of it may lose, of the models that say so."""
    rows = store.query("models_newest", app=app, model="")
    return {row["model"]: row["max_accuracy_loss"] for row in rows if row["max_accuracy_loss"] is not None}
