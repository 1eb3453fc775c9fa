"""Who may report for an app: its write keys and its pages' origins."""

import hashlib
import hmac
from collections.abc import Mapping

from collector.contract.reasons import Reason
from collector.ingest.refusal import Refused
from collector.settings import AppSettings


class Access:
    """Checks keys and origins. Only the keys' digests are kept, and digests are compared in constant time."""

    def __init__(self, apps: Mapping[str, AppSettings]) -> None:
        self._digests = {
            name: [_digest(key.get_secret_value().encode()) for key in app.keys] for name, app in apps.items()
        }
        self._origins = {
            name: frozenset(origin.encode() for origin in app.origins) for name, app in apps.items()
        }

    def check(self, app: str, key: bytes, origin: bytes | None) -> None:
        """Passes when the key may write for the app from this origin; a caller that is no page has no origin.

        Raises:
            Refused: unknown_app, unknown_key or origin_not_allowed.
        """
        digests = self._digests.get(app)
        if digests is None:
            raise Refused(Reason.UNKNOWN_APP)
        given = _digest(key)
        # No early exit: the time taken does not tell which key came close.
        if not sum(hmac.compare_digest(given, digest) for digest in digests):
            raise Refused(Reason.UNKNOWN_KEY)
        origins = self._origins[app]
        if origin is not None and b"*" not in origins and origin not in origins:
            raise Refused(Reason.ORIGIN_NOT_ALLOWED)


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()
