"""Where a request comes from, as a name that tells nobody: a keyed hash of the address, kept in no place."""

import hashlib
import ipaddress
import os
from functools import lru_cache

from starlette.types import Scope

_FORWARDED = frozenset({b"x-forwarded-for", b"forwarded", b"via"})


class Sources:
    """Names the sources of requests, differently in every process.

    Args:
        hops: how many proxies add to ``X-Forwarded-For`` before a request is here. The client is named that
            many places from the header's right end: what is left of that, the client itself can have written.
            None: not known, so that only who comes straight from a public address has a name. Behind an
            undeclared proxy all pages would share its address, and with it one budget.
    """

    def __init__(self, hops: int | None) -> None:
        self._hops = hops
        self._secret = os.urandom(32)

    def name(self, scope: Scope) -> bytes | None:
        """The source of a request; None when it cannot be told from others."""
        peer = scope["client"]
        text: str | None = peer[0] if peer else None
        if self._hops is None:
            if any(name in _FORWARDED for name, _ in scope["headers"]):
                return None
        elif self._hops:
            text = self._forwarded(scope) or text
        address = _parse(text)
        if address is None or (self._hops is None and not address.is_global):
            return None
        # A household or a server has a /64 of IPv6: all of it is one source.
        packed = address.packed if address.version == 4 else address.packed[:8]
        return hashlib.blake2b(packed, key=self._secret, digest_size=8).digest()

    def _forwarded(self, scope: Scope) -> str | None:
        entries = [
            entry
            for name, value in scope["headers"]
            if name == b"x-forwarded-for"
            for entry in value.decode("latin-1").split(",")
        ]
        return entries[-self._hops] if self._hops and len(entries) >= self._hops else None


@lru_cache(maxsize=4096)
def _parse(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if text is None:
        return None
    text = text.strip()
    if text.startswith("["):  # [2001:db8::1]:443
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 203.0.113.9:443
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.version == 6 and address.ipv4_mapped) or address
