"""Who may report for an app: its write keys and its pages' origins."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from collector.apps import KeyUses, KnownApp
from collector.apps.keys import digest
from collector.contract.reasons import Reason
from collector.ingest.refusal import Refused

UNREAD_RETRY_SECONDS = 5


class Grant(NamedTuple):
    """What a write key allows: the apps it may write for, and the name of its budget.

    ``key_ids``: app -> the id that the store has for the key, None for a key of the settings.
    """

    apps: frozenset[str]
    key: bytes
    key_ids: Mapping[str, str | None]


class _View(NamedTuple):
    grants: Mapping[bytes, Grant]
    origins: Mapping[str, frozenset[bytes]]
    complete: bool


class Access:
    """Checks keys and origins: ``identify`` before a body is read, ``check`` when its app is known.

    What it knows is replaced as a whole, while requests are under way.
    """

    def __init__(
        self, apps: Mapping[str, KnownApp], *, complete: bool = True, uses: KeyUses | None = None
    ) -> None:
        # Looked up by a digest whose key nobody knows: the time that takes tells nothing of how close a key
        # came, and does not depend on how many keys or apps there are.
        self._secret = os.urandom(32)
        self._uses = uses or KeyUses()
        self._view = self._look(apps, complete=complete)

    def replace(self, apps: Mapping[str, KnownApp], *, complete: bool) -> None:
        """Goes by other apps and keys from now on. Not ``complete``: some are not known yet."""
        self._view = self._look(apps, complete=complete)

    def identify(self, key: bytes, origin: bytes | None) -> Grant:
        """The key's grant, for a page of this origin; a caller that is no page has no origin.

        Raises:
            Refused: unknown_key, origin_not_allowed, unknown_app when there is no app at all, or
                store_unavailable when the key may be one that could not be read yet.
        """
        view = self._view
        grant = view.grants.get(self._name(digest(key)))
        if grant is None:
            if not view.complete:
                raise Refused(
                    Reason.STORE_UNAVAILABLE,
                    "The collector could not read its keys yet: send the same batch_id again.",
                    retry_after=UNREAD_RETRY_SECONDS,
                )
            raise Refused(Reason.UNKNOWN_KEY if view.origins else Reason.UNKNOWN_APP)
        if not any(_allows(view, app, origin) for app in grant.apps):
            raise Refused(Reason.ORIGIN_NOT_ALLOWED)
        return grant

    def check(self, grant: Grant, app: str, origin: bytes | None) -> None:
        """Passes when the grant holds for this very app from this origin, also now that the body is read.

        A wrong app is answered like a wrong key, whether there is such an app or not.

        Raises:
            Refused: unknown_key or origin_not_allowed.
        """
        view = self._view
        current = view.grants.get(grant.key)
        if current is None or app not in current.apps:
            raise Refused(Reason.UNKNOWN_KEY)
        if not _allows(view, app, origin):
            raise Refused(Reason.ORIGIN_NOT_ALLOWED)

    def note_use(self, grant: Grant, app: str, received_at_ms: int) -> None:
        """Remembers the day on which a key was used, when the store keeps the key."""
        if (key_id := grant.key_ids.get(app)) is not None:
            self._uses.note(app, key_id, received_at_ms)

    def _look(self, apps: Mapping[str, KnownApp], *, complete: bool) -> _View:
        ids: defaultdict[bytes, dict[str, str | None]] = defaultdict(dict)
        for name, app in apps.items():
            for hashed, key_id in app.keys.items():
                ids[self._name(hashed)][name] = key_id
        return _View(
            grants={name: Grant(frozenset(owners), name, owners) for name, owners in ids.items()},
            origins={
                name: frozenset(origin.encode() for origin in app.origins) for name, app in apps.items()
            },
            complete=complete,
        )

    def _name(self, hashed: bytes) -> bytes:
        return hashlib.blake2b(hashed, key=self._secret, digest_size=16).digest()


def _allows(view: _View, app: str, origin: bytes | None) -> bool:
    origins = view.origins[app]
    return origin is None or b"*" in origins or origin in origins
