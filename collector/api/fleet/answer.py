"""Answers a panel: its SQL with parameters, run in a worker thread, within limits, as columns of JSON."""

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from anyio import CapacityLimiter, to_thread

from collector.api.fleet.request import FleetRequest
from dashboards.macros import expand
from dashboards.panel import Panel

MAX_ROWS = 20_000
MAX_SECONDS = 10
MAX_MEMORY_BYTES = 2 << 30
LIMITS = (
    f"SETTINGS max_execution_time = {MAX_SECONDS}, max_result_rows = {MAX_ROWS}, "
    f"result_overflow_mode = 'throw', max_memory_usage = {MAX_MEMORY_BYTES}, max_threads = 2"
)
CONCURRENT_QUERIES = 2
"""The store lends four connections to the whole process: the drainer and the jobs must find one free."""

CACHE_SECONDS = 5
CACHE_ENTRIES = 256
CACHE_MAX_BODY = 512 * 1024
LOOK_BACK = timedelta(days=90)


class FleetStore(Protocol):
    """What of ``collector.store.Store`` the fleet page uses."""

    def query(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a named query."""

    def query_sql(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a query with server-side parameters."""


class FleetAnswers:
    """Runs queries for the page. A short cache lets many viewers of one page cost as much as one."""

    def __init__(self, store: FleetStore, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._limiter = CapacityLimiter(CONCURRENT_QUERIES)
        self._cache: OrderedDict[object, tuple[datetime, bytes]] = OrderedDict()

    async def panel(self, panel: Panel, request: FleetRequest) -> bytes:
        """The panel's rows, as JSON columns.

        Raises:
            StoreError: the store cannot answer, or the answer is over the limits.
        """
        return await self._remember((panel.id, request), lambda: self._ask_panel(panel, request))

    async def apps(self, declared: Iterable[str]) -> bytes:
        """Declared apps and those seen in the last 90 days, with their models, releases and backends.

        ``first_seen_ms`` is at most that long ago: the page picks a range by it.
        """
        names = tuple(sorted(declared))
        return await self._remember(("apps", names), lambda: self._ask_apps(names))

    async def _remember(self, key: object, ask: Callable[[], bytes]) -> bytes:
        now = self._now()
        kept = self._cache.get(key)
        if kept is not None and now - kept[0] < timedelta(seconds=CACHE_SECONDS):
            return kept[1]
        body = await to_thread.run_sync(ask, limiter=self._limiter)
        if len(body) <= CACHE_MAX_BODY:
            self._cache[key] = (now, body)
            self._cache.move_to_end(key)
            while len(self._cache) > CACHE_ENTRIES:
                self._cache.popitem(last=False)
        return body

    def _ask_panel(self, panel: Panel, request: FleetRequest) -> bytes:
        query = expand(
            panel.sql,
            since=request.since,
            until=request.until,
            interval_s=request.interval_s,
            variables={
                "app": request.app,
                "model": request.model,
                "release": request.release,
                "backend": request.backend,
            },
        )
        rows = self._store.query_sql(f"{query.sql}\n{LIMITS}", query.parameters)
        return _encode(
            {
                "panel": panel.id,
                "from_ms": _epoch_ms(request.since),
                "to_ms": _epoch_ms(request.until),
                "interval_s": request.interval_s,
                "rows": len(rows),
                "columns": {name: [row[name] for row in rows] for name in panel.draw.columns()}
                if rows
                else {},
            }
        )

    def _ask_apps(self, declared: Sequence[str]) -> bytes:
        seen = {row["app"]: row for row in self._store.query("fleet_apps", since=self._now() - LOOK_BACK)}
        return _encode(
            {
                "apps": [
                    {
                        "app": app,
                        "last_seen_ms": seen[app]["last_seen"] if app in seen else None,
                        "first_seen_ms": seen[app]["first_seen"] if app in seen else None,
                        "models": seen[app]["models"] if app in seen else [],
                        "releases": seen[app]["releases"] if app in seen else [],
                        "backends": seen[app]["backends"] if app in seen else [],
                    }
                    for app in [*seen, *(name for name in declared if name not in seen)]
                ]
            }
        )


def _encode(value: object) -> bytes:
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False).encode()


def _plain(value: Any) -> Any:
    """JSON has no times and no NaN: epoch milliseconds and null."""
    if isinstance(value, datetime):
        return _epoch_ms(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value


def _epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
