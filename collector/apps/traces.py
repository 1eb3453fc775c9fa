"""What the store still has of an app, also of one that was removed: its data is deleted by its name."""

from collector.apps.deletion import DERIVED_TABLES
from collector.store import Store
from collector.store.retention import EVENT_TABLES

DATA_TABLES = (*EVENT_TABLES, *DERIVED_TABLES)
KEPT_TABLES = ("config_versions", "app_versions", "variant_versions", "model_versions", "canary_versions")
"""Versions, which no deletion takes away: to delete a removed app's data twice is no mistake."""


def has_traces(store: Store, app: str) -> bool:
    """Whether any table has a row of the app. Each table is sorted by app, so each is asked for one granule.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    one_each = " UNION ALL ".join(
        f"(SELECT 1 AS found FROM {table} WHERE app = {{app:String}} LIMIT 1)"
        for table in (*DATA_TABLES, *KEPT_TABLES)
    )
    return bool(store.query_sql(f"SELECT found FROM ({one_each}) LIMIT 1", {"app": app}))


def apps_with_data(store: Store) -> set[str]:
    """Every app that has data. Reads a column of each table: for a message, not for each command.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    each = " UNION DISTINCT ".join(f"SELECT DISTINCT app FROM {table}" for table in DATA_TABLES)
    return {str(row["app"]) for row in store.query_sql(each)}
