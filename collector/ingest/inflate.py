"""Bounded gunzip: the limit is checked while inflating, so a bomb costs no more memory than the limit."""

import zlib

from collector.contract.reasons import Reason
from collector.ingest.refusal import Refused

GZIP_MAGIC = b"\x1f\x8b"
"""What gzip begins with; no JSON text does."""
_GZIP = 16 + zlib.MAX_WBITS
_MARK = b"\xef\xbb\xbf"
"""UTF-8's byte order mark: a proxy that writes a body anew may begin it with one. No JSON parser takes it."""


def looks_like_json(body: bytes) -> bool:
    """Whether a body begins as a report does in JSON, or a browser's list of them: no gzip member does."""
    return without_mark(body).lstrip(b" \t\r\n").startswith((b"{", b"["))


def without_mark(body: bytes) -> bytes:
    """A text without its byte order mark."""
    return body.removeprefix(_MARK)


def inflate(body: bytes, *, limit: int) -> bytes:
    """The body without its gzip.

    Raises:
        Refused: malformed_gzip when it is not one whole gzip member, inflated_too_large past ``limit`` bytes.
    """
    gunzip = zlib.decompressobj(_GZIP)
    try:
        # One byte over the limit is asked for, so that "exactly the limit" and "more" can be told apart.
        inflated = gunzip.decompress(body, limit + 1)
    except zlib.error as error:
        raise Refused(Reason.MALFORMED_GZIP) from error
    if len(inflated) > limit:
        raise Refused(Reason.INFLATED_TOO_LARGE, f"At most {limit} bytes after gunzip; split the report.")
    if not gunzip.eof:
        raise Refused(Reason.MALFORMED_GZIP, "The gzip data ends early; send the whole body.")
    if gunzip.unused_data:
        raise Refused(Reason.MALFORMED_GZIP, "There is more after the gzip data; send one member.")
    return inflated
