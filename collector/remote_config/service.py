"""Answers "what should this device run?" from memory, and survives a store that does not answer."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from pydantic import TypeAdapter

from collector.contract.device_class import DeviceClass
from collector.contract.report import AppName
from collector.remote_config.documents import SignedDocument, expiry, make_document
from collector.remote_config.facts import read_facts
from collector.remote_config.settings import ConfigSettings
from collector.remote_config.signing import Signer
from collector.remote_config.versions import Version, load_active
from collector.store import Store, StoreUnavailable

_APP: TypeAdapter[str] = TypeAdapter(AppName)
log = structlog.get_logger(__name__)


class ServedConfig(NamedTuple):
    """The bytes of a ``ConfigEnvelope``, their strong ETag (quotes included), max-age in seconds."""

    body: bytes
    etag: str
    max_age: int


@dataclass(slots=True)
class _Loaded:
    version: Version
    read_at: float


class ConfigService:
    """Serves signed documents. Thread-safe; one per process.

    Args:
        store: where versions are.
        settings: lifetimes, caches, the signing key.
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
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        key = settings.signing_key
        self._signer = Signer(key.get_secret_value()) if key else None
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._apps: OrderedDict[str, _Loaded] = OrderedDict()
        self._documents: OrderedDict[tuple[str, int, str, int], SignedDocument] = OrderedDict()

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
            facts: query parameters with any content; those in ``device_class.FACTS`` are read.

        Raises:
            ValueError: ``app`` cannot be an app's name.
            StoreUnavailable: the store does not answer and never did for this app. Answer 503: a device then
                keeps its last good config, which a made-up version 0 would take from it.
        """
        version = self.active(app)
        document = self._document(version, version.match(read_facts(facts)))
        return ServedConfig(document.body, document.etag, self._settings.max_age_seconds)

    def active(self, app: str) -> Version:
        """The active version, read again every ``refresh_seconds``; the last known without the store."""
        with self._lock:
            loaded = self._apps.get(app)
        if loaded is not None and self._monotonic() - loaded.read_at < self._settings.refresh_seconds:
            return loaded.version
        if loaded is None:
            _APP.validate_python(app)
            return self._read(app, None)
        # One thread reads again; the others go on with what they have.
        if not self._reading.acquire(blocking=False):
            return loaded.version
        try:
            return self._read(app, loaded.version)
        finally:
            self._reading.release()

    def refresh(self, app: str | None = None) -> None:
        """Forgets when versions were read, so that the next request sees what was just published."""
        with self._lock:
            for name, loaded in self._apps.items():
                if app in (None, name):
                    loaded.read_at = float("-inf")

    def documents(self, app: str) -> dict[str, SignedDocument]:
        """Every document of an app's active version: device class key -> document, the root included.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        version = load_active(self._store, app)
        root = DeviceClass(facts=()).key
        return {key: self._document(version, key) for key in sorted({root, *version.plans})}

    def _read(self, app: str, known: Version | None) -> Version:
        try:
            version = load_active(self._store, app)
        except StoreUnavailable as error:
            if known is None:
                raise
            log.warning("config_not_refreshed", app=app, version=known.number, error=str(error))
            version = known
        with self._lock:
            self._apps[app] = _Loaded(version, self._monotonic())
            self._apps.move_to_end(app)
            while len(self._apps) > self._settings.cached_apps:
                self._apps.popitem(last=False)
        return version

    def _document(self, version: Version, class_key: str) -> SignedDocument:
        expires_at = expiry(self._clock(), self._settings)
        key = (version.app, version.number, class_key, expires_at)
        with self._lock:
            if key in self._documents:
                self._documents.move_to_end(key)
                return self._documents[key]
        document = make_document(version, class_key, expires_at=expires_at, signer=self._signer)
        with self._lock:
            self._documents[key] = document
            while len(self._documents) > self._settings.cached_documents:
                self._documents.popitem(last=False)
        return document
