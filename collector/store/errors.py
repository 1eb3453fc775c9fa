"""What can go wrong with the store, and how an error of the engine becomes one of ours.

A caller needs one distinction: ``StoreUnavailable`` may pass when the same call is made again later, so
nothing is lost by waiting; every other ``StoreError`` will not.
"""

import errno

import urllib3.exceptions
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError


class StoreError(Exception):
    """The store refused a call, and would refuse it again. ``code`` is ClickHouse's, where there is one."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class StoreUnavailable(StoreError):
    """The store cannot do it now: keep the data and try again later."""


class StoreFull(StoreUnavailable):
    """The engine's disk is full. What was there is kept, and the failed insert may be repeated."""


class StoreDenied(StoreError):
    """Wrong user or password, or a missing right: an operator must act, then the same call works."""


class SchemaOutdated(StoreError):
    """The tables are not those that this version needs. The message names the command to run."""


class BackupRefused(StoreError):
    """No backup can be made of this store, or there: the call has to change, not the store."""


class StoreInUse(StoreError):
    """Another process owns the embedded engine's folder."""

    def __init__(self, message: str, *, pid: int | None, url: str | None = None) -> None:
        super().__init__(message)
        self.pid = pid
        self.url = url


# Codes from ClickHouse's src/Common/ErrorCodes.cpp.
_FULL = frozenset({243})  # NOT_ENOUGH_SPACE
# File errors and the like: full when the text says so.
_WRITE_FAILED = frozenset({74, 75, 76, 173, 425, 1001})
_TRANSIENT = frozenset(
    {
        159,  # TIMEOUT_EXCEEDED
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED: the server is shutting down
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY: a replica without its keeper
        252,  # TOO_MANY_PARTS: merges lag behind
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        319,  # UNKNOWN_STATUS_OF_INSERT: the token makes the retry harmless
        394,  # QUERY_WAS_CANCELLED
        425,  # SYSTEM_ERROR
        999,  # KEEPER_EXCEPTION
    }
)
_NOT_ALLOWED_IN = frozenset({192, 193, 194, 516})  # UNKNOWN_USER, *_PASSWORD, AUTHENTICATION_FAILED
_DENIED = frozenset({497})  # ACCESS_DENIED
_NO_SUCH_TABLE = frozenset({16, 60, 81})  # NO_SUCH_COLUMN_IN_TABLE, UNKNOWN_TABLE, UNKNOWN_DATABASE


def translate(error: Exception, *, where: str) -> StoreError:
    """Our error for one of the client's. ``where`` is the DSN without its password."""
    if isinstance(error, StoreError):
        return error
    text = _one_line(error)
    code = getattr(error, "code", None)
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StoreFull(f"no space left to write for {where}: free some and try again ({text})")
        return StoreUnavailable(f"{where} cannot be reached: {text}")
    if code in _FULL or (code in _WRITE_FAILED and _says_full(text)):
        return StoreFull(f"the disk of {where} is full: free some and try again ({text})", code=code)
    if code in _NOT_ALLOWED_IN:
        return StoreDenied(
            f"{where} refused the user: check user and password in INFERFLEET_STORE__DSN ({text})", code=code
        )
    if code in _DENIED:
        return StoreDenied(
            f"{where} lets this user in but not do this: grant it the right ({text})", code=code
        )
    if code in _NO_SUCH_TABLE:
        return SchemaOutdated(
            f"{where} lacks a table, column or database: run `inferfleet migrate` ({text})", code=code
        )
    if code in _TRANSIENT or (code is None and _is_connection_trouble(error)):
        return StoreUnavailable(f"{where} cannot do this now: {text}{_reason(error)}", code=code)
    return StoreError(f"{where}: {text}", code=code)


def _is_connection_trouble(error: Exception) -> bool:
    """No code means that ClickHouse itself did not answer: a dead server, a proxy's 502, a cut connection."""
    return isinstance(error, OperationalError | urllib3.exceptions.HTTPError) or (
        type(error) is DatabaseError and "HTTP status 5" in str(error)
    )


def _reason(error: Exception) -> str:
    """What the client keeps to itself: "Error executing HTTP request" says neither refused nor timed out."""
    cause = getattr(error.__cause__, "reason", error.__cause__)
    text = str(cause or "")
    return f": {text.partition(': ')[2] or text}" if text else ""


def _says_full(text: str) -> bool:
    return "No space left" in text or "errno: 28" in text or "quota exceeded" in text.lower()


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    text = text[max(0, text.find("Code: ")) :]  # the client repeats the code before the server's own words
    return text if len(text) <= 600 else text[:600] + "…"


ENGINE_ERRORS = (ClickHouseError, urllib3.exceptions.HTTPError, OSError)
"""What the client lets through. Anything else is a fault of ours and is not caught."""
