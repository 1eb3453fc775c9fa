"""An error of the engine becomes one of ours: later, never, an operator's, or a full disk."""

import errno

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from collector.store import SchemaOutdated, StoreDenied, StoreError, StoreFull, StoreUnavailable
from collector.store.client import require_version
from collector.store.errors import translate


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DatabaseError("Code: 243. Cannot reserve 1.00 MiB, not enough space", code=243), StoreFull),
        (DatabaseError("Code: 75. write: errno: 28, strerror: No space left on device", code=75), StoreFull),
        (OSError(errno.ENOSPC, "No space left on device"), StoreFull),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), StoreFull),
        (DatabaseError("Code: 75. write: errno: 5, strerror: Input/output error", code=75), StoreError),
        (DatabaseError("Code: 252. Too many parts", code=252), StoreUnavailable),
        (DatabaseError("Code: 241. Memory limit exceeded", code=241), StoreUnavailable),
        (DatabaseError("Code: 999. Session expired", code=999), StoreUnavailable),
        (OperationalError("Error executing HTTP request"), StoreUnavailable),
        (
            DatabaseError("HTTP driver received HTTP status 502, server response: Bad gateway"),
            StoreUnavailable,
        ),
        (ConnectionResetError(errno.ECONNRESET, "reset"), StoreUnavailable),
        (DatabaseError("Code: 516. Authentication failed", code=516), StoreDenied),
        (DatabaseError("Code: 497. Not enough privileges", code=497), StoreDenied),
        (DatabaseError("Code: 60. Table x does not exist", code=60), SchemaOutdated),
        (DatabaseError("Code: 16. No such column y in table x", code=16), SchemaOutdated),
        (DatabaseError("Code: 62. Syntax error", code=62), StoreError),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_error_has_its_kind(error: Exception, expected: type[StoreError]) -> None:
    ours = translate(error, where="http://ch.example/db")
    assert type(ours) is expected
    assert "http://ch.example/db" in str(ours)
    assert "\n" not in str(ours)


def test_a_full_disk_is_worth_waiting_for_and_a_wrong_query_is_not() -> None:
    assert issubclass(StoreFull, StoreUnavailable)
    assert not issubclass(StoreDenied, StoreUnavailable)
    assert not issubclass(SchemaOutdated, StoreUnavailable)


def test_a_long_error_is_cut() -> None:
    assert len(str(translate(DatabaseError("x" * 10_000), where="here"))) < 700


@pytest.mark.parametrize("version", ["23.8.16.40", "24.7.1", "24.3.18.7", "", "unknown"])
def test_an_old_server_is_refused_by_its_version(version: str) -> None:
    with pytest.raises(StoreError, match=r"needs 24\.8 or newer: upgrade the server"):
        require_version(version, where="http://ch.example/db")


@pytest.mark.parametrize("version", ["24.8.1.1", "24.10.2", "25.1", "26.9.2.1"])
def test_a_server_from_24_8_on_is_accepted(version: str) -> None:
    require_version(version, where="http://ch.example/db")
