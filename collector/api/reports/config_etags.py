"""The ETag of a device's current config, for the answer to its report: told when known, never waited for."""

import json
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from collector.contract.device_class import FACTS
from collector.remote_config import ConfigService
from collector.store import StoreError

log = structlog.get_logger(__name__)

FRESH_SECONDS = 10.0
KEPT = 4096
WAITING = 256
"""Lookups at a time: reports with made-up devices must not pile them up."""

_Key = tuple[str, ...]


class ConfigEtags:
    """Looks ETags up in a thread of its own. ``get`` is for the event loop.

    A publication, rollback or kill made by this process is looked up at once for every kind of device that
    is known, so that the next report of a page is told; one made elsewhere after ``FRESH_SECONDS`` and the
    service's own ``refresh_seconds``, with the report after that.
    """

    def __init__(self, config: ConfigService) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._known: OrderedDict[_Key, tuple[bytes | None, float]] = OrderedDict()
        self._waiting = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="config-etags")
        self._closed = False
        config.when_refreshed(self.refresh)

    def get(self, report: Any) -> bytes | None:
        """The ETag as a JSON string, as of a few seconds ago; None when it was not looked up yet."""
        device = report.device
        key = (report.app, *[str(getattr(device, fact)) for fact in FACTS])
        now = time.monotonic()
        with self._lock:
            etag, fresh_until = self._known.get(key, (None, 0.0))
            if now < fresh_until or self._waiting >= WAITING:
                return etag
            self._waiting += 1
            self._keep(key, etag, now + FRESH_SECONDS)  # at once, so that one lookup is under way
            if not self._closed:
                self._worker.submit(self._look_up_asked, key)
        return etag

    def refresh(self, app: str | None) -> None:
        """Looks again at what is known of an app, None for all apps, soon and in the other thread."""
        with self._lock:
            if not self._closed:
                self._worker.submit(self._look_up_again, app)

    def close(self) -> None:
        """Ends the thread."""
        with self._lock:
            self._closed = True
        self._worker.shutdown(cancel_futures=True)

    def _keep(self, key: _Key, etag: bytes | None, fresh_until: float) -> None:
        self._known[key] = (etag, fresh_until)
        self._known.move_to_end(key)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _look_up_asked(self, key: _Key) -> None:
        try:
            self._look_up(key)
        finally:
            with self._lock:
                self._waiting -= 1

    def _look_up_again(self, app: str | None) -> None:
        with self._lock:
            keys = [key for key in self._known if app in (None, key[0])]
        for key in reversed(keys):  # whoever reported last will report first
            self._look_up(key)

    def _look_up(self, key: _Key) -> None:
        app, *facts = key
        try:
            served = self._config.envelope(app, dict(zip(FACTS, facts, strict=True)))
        except StoreError as error:
            log.warning("config_etag_unknown", app=app, error=str(error))
            return
        with self._lock:
            self._keep(key, json.dumps(served.etag).encode(), time.monotonic() + FRESH_SECONDS)
