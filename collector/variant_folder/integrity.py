"""Hashes as pages check them."""

import base64


def integrity_of(sha256: str) -> str:
    """A file's hash, from 64 hexadecimal digits to the form of Subresource Integrity."""
    return f"sha256-{base64.b64encode(bytes.fromhex(sha256)).decode()}"
