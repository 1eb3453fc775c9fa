"""What a running collector knows of the apps, without asking the store for each report.

A thread reads them again every ``refresh_seconds``; a change made by this process is read at once. A store
that does not answer takes nothing away: the keys that were good stay good, since refusing reports would lose
data while a key only adds some.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import structlog

from collector.apps.kept import KeptApps
from collector.apps.policy import KnownApp, know
from collector.apps.settings import AccessSettings, AppSettings
from collector.apps.uses import KeyUses
from collector.apps.versions import AppVersion, read_all
from collector.store import Store, StoreError, StoreUnavailable

log = structlog.get_logger(__name__)

Listener = Callable[[set[str]], None]


class AppDirectory(Mapping[str, KnownApp]):
    """Apps by name. Reading it is lock-free; one writer at a time replaces the whole.

    Args:
        store: where the apps are kept.
        declared: those of the settings.
        settings: how often to read.
        kept: the file for a start without the store.
        uses: days of use, which the same thread stores.
    """

    def __init__(
        self,
        store: Store,
        declared: Mapping[str, AppSettings],
        settings: AccessSettings,
        *,
        kept: KeptApps,
        uses: KeyUses,
    ) -> None:
        self._store = store
        self._declared = declared
        self._settings = settings
        self._kept = kept
        self._uses = uses
        self._reading = threading.Lock()
        self._stored: dict[str, AppVersion] = {}
        self._known = know(declared, [])
        self._state: tuple[Any, ...] | None = None
        self._listeners: list[Listener] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="apps", daemon=True)
        self._failing = False
        self.complete = False
        """False until the stored apps were read once, from the store or from the file."""
        self.read_at: float | None = None
        """When the store was last read, by ``time.monotonic``."""

    def __getitem__(self, app: str) -> KnownApp:
        return self._known[app]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def when_changed(self, tell: Listener) -> None:
        """``tell`` is called with the names of apps that changed, after each change."""
        self._listeners.append(tell)

    def open(self) -> None:
        """Reads the apps, from the file when the store does not answer.

        Raises:
            StoreError: what waiting would not mend.
        """
        try:
            self.refresh()
        except StoreUnavailable as error:
            kept = self._kept.read()
            log.warning(
                "apps_not_read",
                error=str(error),
                advice="those of the last run hold until the store answers"
                if kept is not None
                else "until the store answers only keys of the settings are taken; others get a 503",
            )
            if kept is not None:
                self._take(kept)

    def refresh(self) -> None:
        """Reads the apps now, if any changed.

        Raises:
            StoreError: the store cannot be read; what is known stays.
        """
        with self._reading:
            state = tuple(self._store.query("apps_state")[0].values())
            if state != self._state:
                self._take(read_all(self._store))
                self._state = state
                self._kept.write(list(self._stored.values()))
            self.read_at = time.monotonic()

    def start(self) -> None:
        """Begins to read again at intervals."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, which stores the days of use once more."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _take(self, stored: list[AppVersion]) -> None:
        # Forward only: a replica that lags must not bring a revoked key back.
        for version in stored:
            known = self._stored.get(version.app)
            if known is None or known.version <= version.version:
                self._stored[version.app] = version
        before, self._known = self._known, know(self._declared, self._stored.values())
        first, self.complete = not self.complete, True
        changed = {app for app in {*before, *self._known} if before.get(app) != self._known.get(app)}
        if changed or first:
            for tell in self._listeners:
                tell(changed)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stop.wait(self._settings.refresh_seconds)
            try:
                if not stopping:
                    self.refresh()
                self._uses.store(self._store)
                self._failing = False
            except StoreError as error:
                if not self._failing:  # once, not every few seconds of an outage
                    log.warning("apps_not_refreshed", error=str(error))
                self._failing = True
            except Exception:  # a fault of ours: the collector goes on with what it knows, and says so
                log.exception("apps_refresh_failed")
