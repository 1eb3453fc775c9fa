"""Answers "what should this device run?" from memory, and survives a store that does not answer."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from pydantic import TypeAdapter

from collector.contract.capability import Capability, read_capability
from collector.contract.device_class import DeviceClass
from collector.contract.wire_model import AppName
from collector.remote_config.documents import SignedDocument, expiry, fit_document, make_document
from collector.remote_config.facts import read_facts
from collector.remote_config.settings import ConfigSettings
from collector.remote_config.signing import Signer
from collector.remote_config.versions import Version, load_active
from collector.store import Store, StoreUnavailable

_APP: TypeAdapter[str] = TypeAdapter(AppName)
log = structlog.get_logger(__name__)

RETRY_SECONDS = 2.0
"""How long a store that did not answer is not asked again for an app of which nothing is known."""


class _Key(NamedTuple):
    """What a document is made from."""

    app: str
    version: int
    sample_rate: float
    class_key: str
    expires_at: int
    device: Capability | None


class ServedConfig(NamedTuple):
    """The bytes of a ``ConfigEnvelope``, their strong ETag (quotes included), max-age in seconds."""

    body: bytes
    etag: str
    max_age: int


@dataclass(slots=True)
class _App:
    """What is known of one app's active version. ``reading`` is held by the thread that asks the store."""

    reading: threading.Lock = field(default_factory=threading.Lock)
    version: Version | None = None
    read_at: float = float("-inf")
    failure: str | None = None
    failed_at: float = float("-inf")
    refreshes: int = 0


class ConfigService:
    """Serves signed documents. Thread-safe; one per process.

    Args:
        store: where versions are.
        settings: lifetimes, caches, the signing key.
        sample_rate: an app's own setting, None when it has none and its version's holds.
        clock: the time of day, for expiry.
        monotonic: seconds, for how fresh the active version is.

    Raises:
        InvalidSigningKey: the key in the settings is not one.
    """

    def __init__(
        self,
        store: Store,
        settings: ConfigSettings,
        *,
        sample_rate: Callable[[str], float | None] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._settings = settings
        self._sample_rate = sample_rate
        self._clock = clock
        self._monotonic = monotonic
        key = settings.signing_key
        self._signer = Signer(key.get_secret_value()) if key else None
        self._lock = threading.Lock()
        self._apps: OrderedDict[str, _App] = OrderedDict()
        self._listeners: list[Callable[[str | None], None]] = []
        self._documents: OrderedDict[_Key, SignedDocument] = OrderedDict()

    @property
    def public_key(self) -> str | None:
        """The key that checks signatures, as the SDK's ``publicKey`` takes it; None when not signing."""
        return self._signer.public_key if self._signer else None

    @property
    def cache_control(self) -> str:
        """The ``Cache-Control`` of a config answer: shared caches may keep it, nothing in it is personal."""
        settings = self._settings
        return (
            f"public, max-age={settings.max_age_seconds}, "
            f"stale-while-revalidate={settings.stale_seconds}, stale-if-error={settings.stale_seconds}"
        )

    def envelope(self, app: str, facts: Mapping[str, str]) -> ServedConfig:
        """The config for a device of an app. Without a version that is version 0: run your defaults.

        Args:
            app: the app's name.
            facts: query parameters with any content; those in ``device_class.FACTS`` are read, and what the
                device lacks (``contract.capability``).

        Raises:
            ValueError: ``app`` cannot be an app's name.
            StoreUnavailable: the store does not answer and never did for this app. Answer 503: a device then
                keeps its last good config, which a made-up version 0 would take from it.
        """
        version = self.active(app)
        document = self._document(version, version.match(read_facts(facts)), read_capability(facts))
        return ServedConfig(document.body, document.etag, self._settings.max_age_seconds)

    def active(self, app: str) -> Version:
        """The active version, read again every ``refresh_seconds``; the last known without the store.

        Of many threads that want the same one asks the store. Those that have a version go on with it; those
        that have none wait, and when the store did not answer are told so for ``RETRY_SECONDS``.

        Raises:
            ValueError, StoreUnavailable: see ``envelope``.
        """
        known = self._known(app)
        if (version := known.version) is not None:
            fresh = self._monotonic() - known.read_at < self._settings.refresh_seconds
            if fresh or not known.reading.acquire(blocking=False):
                return version
            try:
                return self._read(app, known)
            finally:
                known.reading.release()
        with known.reading:
            if known.version is not None:
                return known.version
            if known.failure is not None and self._monotonic() - known.failed_at < RETRY_SECONDS:
                raise StoreUnavailable(known.failure)
            return self._read(app, known)

    def refresh(self, app: str | None = None) -> None:
        """Forgets when versions were read, so that the next request sees what was just published."""
        with self._lock:
            for name, known in self._apps.items():
                if app in (None, name):
                    known.read_at = known.failed_at = float("-inf")
                    known.refreshes += 1
            listeners = list(self._listeners)
        for tell in listeners:
            tell(app)

    def when_refreshed(self, tell: Callable[[str | None], None]) -> None:
        """``tell`` is called with the app, None for all, after each ``refresh``. It must not wait."""
        with self._lock:
            self._listeners.append(tell)

    def documents(self, app: str) -> dict[str, SignedDocument]:
        """Every document of an app's active version: device class key -> document, the root included.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        version = load_active(self._store, app)
        root = DeviceClass(facts=()).key
        return {key: self._document(version, key) for key in sorted({root, *version.plans})}

    def _known(self, app: str) -> _App:
        with self._lock:
            known = self._apps.get(app)
            if known is None:
                _APP.validate_python(app)
                known = self._apps[app] = _App()
                while len(self._apps) > self._settings.cached_apps:
                    self._apps.popitem(last=False)
            else:
                self._apps.move_to_end(app)
        return known

    def _read(self, app: str, known: _App) -> Version:
        refreshes = known.refreshes
        try:
            version = load_active(self._store, app)
        except StoreUnavailable as error:
            known.failure, known.failed_at = str(error), self._monotonic()
            if known.version is None:
                raise
            log.warning("config_not_refreshed", app=app, version=known.version.number, error=str(error))
            version = known.version
        with self._lock:
            known.version = version
            # A publication during the read may have come too late for it.
            known.read_at = self._monotonic() if known.refreshes == refreshes else float("-inf")
        return version

    def _document(self, version: Version, class_key: str, device: Capability | None = None) -> SignedDocument:
        expires_at = expiry(self._clock(), self._settings)
        if (sample_rate := self._sample_rate(version.app)) is not None:
            version = replace(version, sample_rate=sample_rate)
        key = _Key(version.app, version.number, version.sample_rate, class_key, expires_at, device)
        if (known := self._recall(key)) is not None:
            return known
        if device is None:
            made = make_document(version, class_key, expires_at=expires_at, signer=self._signer)
        else:
            whole = self._document(version, class_key)
            made = fit_document(version, class_key, device, whole, expires_at=expires_at, signer=self._signer)
        with self._lock:
            self._documents[key] = made
            while len(self._documents) > self._settings.cached_documents:
                self._documents.popitem(last=False)
        return made

    def _recall(self, key: _Key) -> SignedDocument | None:
        with self._lock:
            if key in self._documents:
                self._documents.move_to_end(key)
            return self._documents.get(key)
