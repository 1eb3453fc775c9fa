"""The named queries: one ``queries/<area>_<name>.sql`` each; its first line says what question it answers."""

import re
from functools import cache
from importlib.resources import files

from collector.store.errors import StoreError

_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


@cache
def load_query(name: str) -> str:
    """The SQL of a named query, parameters as ``{name:Type}``.

    Raises:
        StoreError: no such query; the message lists those there are.
    """
    folder = files("collector.store") / "queries"
    if not _NAME.match(name) or not (source := folder / f"{name}.sql").is_file():
        raise StoreError(
            f"no query named {name!r} in collector/store/queries; there are: {', '.join(query_names())}"
        )
    return source.read_text(encoding="utf-8").rstrip().rstrip(";")


def query_names() -> list[str]:
    """All named queries, sorted."""
    folder = files("collector.store") / "queries"
    return sorted(entry.name[: -len(".sql")] for entry in folder.iterdir() if entry.name.endswith(".sql"))
