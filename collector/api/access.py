"""Who may report for an app: its write keys and its pages' origins."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from collector.contract.reasons import Reason
from collector.ingest.refusal import Refused
from collector.settings import AppSettings


class Grant(NamedTuple):
    """What a write key allows: the apps it may write for, and the name of its budget."""

    apps: frozenset[str]
    key: bytes


class Access:
    """Checks keys and origins: ``identify`` before a body is read, ``check`` when its app is known."""

    def __init__(self, apps: Mapping[str, AppSettings]) -> None:
        # Looked up by a digest whose key nobody knows: the time that takes tells nothing of how close a key
        # came, and does not depend on how many keys there are.
        self._secret = os.urandom(32)
        self._apps = frozenset(apps)
        names: defaultdict[bytes, set[str]] = defaultdict(set)
        for name, app in apps.items():
            for key in app.keys:
                names[self._digest(key.get_secret_value().encode())].add(name)
        self._grants = {digest: Grant(frozenset(owners), digest) for digest, owners in names.items()}
        self._origins = {
            name: frozenset(origin.encode() for origin in app.origins) for name, app in apps.items()
        }

    def identify(self, key: bytes, origin: bytes | None) -> Grant:
        """The key's grant, for a page of this origin; a caller that is no page has no origin.

        Raises:
            Refused: unknown_key, origin_not_allowed, or unknown_app when no app is declared at all.
        """
        grant = self._grants.get(self._digest(key))
        if grant is None:
            raise Refused(Reason.UNKNOWN_KEY if self._apps else Reason.UNKNOWN_APP)
        if not any(self._allows(app, origin) for app in grant.apps):
            raise Refused(Reason.ORIGIN_NOT_ALLOWED)
        return grant

    def check(self, grant: Grant, app: str, origin: bytes | None) -> None:
        """Passes when the grant holds for this very app from this origin.

        Raises:
            Refused: unknown_app, unknown_key or origin_not_allowed.
        """
        if app not in grant.apps:
            raise Refused(Reason.UNKNOWN_KEY if app in self._apps else Reason.UNKNOWN_APP)
        if not self._allows(app, origin):
            raise Refused(Reason.ORIGIN_NOT_ALLOWED)

    def _allows(self, app: str, origin: bytes | None) -> bool:
        origins = self._origins[app]
        return origin is None or b"*" in origins or origin in origins

    def _digest(self, key: bytes) -> bytes:
        return hashlib.blake2b(key, key=self._secret, digest_size=16).digest()
