"""The apps as last read, in the data folder: what a collector goes by when it starts without its store.

It holds hashes of keys, and no key. Losing it costs nothing while the store answers.
"""

from pathlib import Path

import structlog
from pydantic import BaseModel, ValidationError

from collector.apps.versions import AppVersion
from collector.private_file import write_private

log = structlog.get_logger(__name__)


class _Kept(BaseModel):
    store: str
    apps: list[AppVersion]


class KeptApps:
    """One file. ``store`` names the store they are of: those of another are not taken."""

    def __init__(self, path: Path, *, store: str) -> None:
        self._path = path
        self._store = store

    def write(self, apps: list[AppVersion]) -> None:
        """Replaces what was kept. A full disk is logged: the reports need it more."""
        try:
            write_private(self._path, _Kept(store=self._store, apps=apps).model_dump_json())
        except OSError as error:
            log.warning("apps_not_kept", path=str(self._path), error=str(error))

    def read(self) -> list[AppVersion] | None:
        """What was kept; None when there is nothing that can be used."""
        try:
            kept = _Kept.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("kept_apps_unreadable", path=str(self._path), error=type(error).__name__)
            return None
        return kept.apps if kept.store == self._store else None
