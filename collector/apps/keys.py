"""Write keys that the store keeps: made here, shown once, kept as a hash.

The hash is one SHA-256. A slow hash defends passwords, which can be guessed; a key of 192 random bits cannot,
at any speed, and a slow hash before every report would be a way to keep the collector busy.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from collector.store.columns import millisecond

PREFIX = "ifw_"
"""Lets a person, and a scanner for leaked secrets, see what it is."""

Label = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9._+-]{0,63})?$")]
_HINT = 4


class WriteKey(BaseModel):
    """What is kept of a key. ``hash`` is SHA-256 in hex; ``hint`` the key's last characters."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    label: str
    hash: str
    hint: str
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def valid(self) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None


def make_key(label: str, *, now: datetime) -> tuple[str, WriteKey]:
    """A new key and what is kept of it. The key itself cannot be had again."""
    key = PREFIX + secrets.token_urlsafe(24)
    return key, WriteKey(
        key_id=secrets.token_hex(4),
        label=label,
        hash=digest(key.encode()).hex(),
        hint=key[-_HINT:],
        created_at=millisecond(now),
    )


def digest(key: bytes) -> bytes:
    """What a key is recognised by: 32 bytes."""
    return hashlib.sha256(key).digest()
