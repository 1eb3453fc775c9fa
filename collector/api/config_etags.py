"""The ETag of a device's current config, for the answer to its report: told when known, never waited for."""

import json
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import structlog

from collector.contract.device_class import FACTS
from collector.contract.report import Report
from collector.remote_config import ConfigService
from collector.store import StoreError

log = structlog.get_logger(__name__)

FRESH_SECONDS = 10.0
KEPT = 4096
WAITING = 256
"""Lookups at a time: reports with made-up devices must not pile them up."""

_Key = tuple[str, ...]


class ConfigEtags:
    """Looks ETags up in a thread of its own. ``get`` is for the event loop."""

    def __init__(self, config: ConfigService) -> None:
        self._config = config
        self._known: OrderedDict[_Key, tuple[bytes | None, float]] = OrderedDict()
        self._waiting = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="config-etags")

    def get(self, report: Report) -> bytes | None:
        """The ETag as a JSON string, as of a few seconds ago; None when it was not looked up yet."""
        device = report.device
        key = (report.app, *(str(getattr(device, fact)) for fact in FACTS))
        etag, fresh_until = self._known.get(key, (None, 0.0))
        now = time.monotonic()
        if now >= fresh_until and self._waiting < WAITING:
            self._waiting += 1
            self._known[key] = (etag, now + FRESH_SECONDS)  # at once, so that one lookup is under way
            self._known.move_to_end(key)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
            self._worker.submit(self._look_up, key)
        return etag

    def close(self) -> None:
        """Ends the thread."""
        self._worker.shutdown(cancel_futures=True)

    def _look_up(self, key: _Key) -> None:
        self._waiting -= 1  # off by one at times, with two threads: it is a bound, not a balance
        app, *facts = key
        try:
            served = self._config.envelope(app, dict(zip(FACTS, facts, strict=True)))
        except StoreError as error:
            log.warning("config_etag_unknown", app=app, error=str(error))
            return
        self._known[key] = (json.dumps(served.etag).encode(), time.monotonic() + FRESH_SECONDS)
