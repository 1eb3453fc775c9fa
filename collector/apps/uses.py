"""On which day each key was last used: enough to see which one may be revoked, and of nobody a trace."""

import threading
from datetime import UTC, datetime

import pyarrow as pa

from collector.store import SCHEMAS, Store


class KeyUses:
    """Days of use, noted by the event loop and stored by another thread, once a key and day."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], int] = {}
        self._guard = threading.Lock()
        self._waiting: dict[tuple[str, str], int] = {}

    def note(self, app: str, key_id: str, received_at_ms: int) -> None:
        """A report came with the key. Costs a look-up but for the first of a day."""
        day = received_at_ms // 86_400_000
        key = (app, key_id)
        if self._days.get(key) != day:
            self._days[key] = day
            with self._guard:
                self._waiting[key] = day

    def store(self, store: Store) -> int:
        """Stores the days that were noted since, and says how many.

        Raises:
            StoreError: nothing is lost; they are stored the next time.
        """
        with self._guard:
            uses = dict(self._waiting)
        if not uses:
            return 0
        rows = [
            {"app": app, "key_id": key_id, "day": datetime.fromtimestamp(day * 86_400, UTC).date()}
            for (app, key_id), day in uses.items()
        ]
        # Without a token: a row that is there twice is one to its ReplacingMergeTree.
        store.insert("key_uses", pa.Table.from_pylist(rows, schema=SCHEMAS["key_uses"]))
        with self._guard:
            for key, day in uses.items():
                if self._waiting.get(key) == day:
                    del self._waiting[key]
        return len(rows)
