"""Ed25519 signatures over the exact bytes of a document."""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEED_BYTES = 32


class InvalidSigningKey(ValueError):
    """The signing key is not one. The message says what to do and never repeats the key."""


class Signer:
    """Signs documents with one key. The same document has the same signature in every process (RFC 8032)."""

    def __init__(self, key: str) -> None:
        """Reads a base64 or base64url seed of 32 bytes.

        Raises:
            InvalidSigningKey: it is something else.
        """
        self._key = Ed25519PrivateKey.from_private_bytes(_decode_seed(key))
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_key = _encode(public)
        """32 raw bytes in base64url without padding: what the SDK's ``publicKey`` option takes."""
        self.key_id = hashlib.sha256(public).hexdigest()[:16]

    def sign(self, document: str) -> str:
        """The signature of the document's UTF-8 bytes, base64url without padding."""
        return _encode(self._key.sign(document.encode()))


def _decode_seed(key: str) -> bytes:
    text = key.strip().replace("-", "+").replace("_", "/")
    try:
        seed = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSigningKey(_advice("is not base64")) from None
    if len(seed) != SEED_BYTES:
        raise InvalidSigningKey(_advice(f"holds {len(seed)} bytes, not {SEED_BYTES}"))
    return seed


def _advice(fault: str) -> str:
    return (
        f"the signing key {fault}: set INFERFLEET_CONFIG__SIGNING_KEY to 32 random bytes in base64, "
        "for example the output of `openssl rand -base64 32`"
    )


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
