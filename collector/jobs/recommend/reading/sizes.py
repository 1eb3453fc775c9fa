"""How large a model's variants are: what a page downloads of each before it can run it.

The registry's word comes first, since a client cannot change it. Browsers tell the files in the model's
folder, not the library's own (a wasm file, say), and nothing of another origin without Timing-Allow-Origin.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from collector.jobs.recommend.reading.visits import EVERY, Cell
from collector.store.lending import Tables

READ = 2000
"""About so many session-days of a variant are read: sizes hardly differ among them."""


def read_sizes(
    store: Tables, cells: Collection[Cell], registered: Iterable[Mapping[str, Any]], asked: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """Model -> variant -> bytes of its files; without those that nobody told.

    Args:
        store: where loads are.
        cells: all cells of the app, which tell how many loads there are.
        registered: rows of ``recommend_variants``, without removed ones.
        asked: the app and the time, as the other questions are asked.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    limits = _limits(cells)
    sizes: dict[str, dict[str, float]] = defaultdict(dict)
    reported = store.query("recommend_bytes", **asked, names=list(limits), largest=list(limits.values()))
    for row in (*reported, *registered):
        if row["bytes"]:
            sizes[row["model"]][row["variant"]] = float(row["bytes"])
    return dict(sizes)


def _limits(cells: Collection[Cell]) -> dict[str, int]:
    """``model variant`` -> the largest lot that is read, where not all are."""
    counts: Counter[str] = Counter()
    for each in cells:
        counts[f"{each.model} {each.arm.variant}"] += each.session_days
    return {name: int(EVERY * READ / count) for name, count in counts.items() if count > READ}
