"""Each app's releases: what jobs compare, and in which order."""

from collections import defaultdict

from collector.store.lending import Tables


def load_releases(store: Tables, *, app: str | None = None) -> dict[str, list[str]]:
    """The releases of one app, or of all that have data, the first seen first.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    releases: dict[str, list[str]] = defaultdict(list)
    for row in store.query("leaks_releases", app=app or ""):
        releases[row["app"]].append(row["release"])
    return dict(releases)
