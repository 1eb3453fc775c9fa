"""A time means the same whatever zone the machine is in: wherever SQL is bound, its type names the zone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.store import StoreError
from collector.store.binding import bind, zoneless

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("alembic", "benchmarks", "collector", "dashboards", "tests")


def sources() -> Iterator[Path]:
    """Every file of ours that may hold SQL with parameters."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".sql") and "node_modules" not in path.parts and path != Path(__file__):
                yield path


@pytest.mark.parametrize(
    "placeholder",
    [
        "{at:DateTime}",
        "{at:DateTime64(3)}",
        "{at:DateTime64}",
        "{at: datetime64( 6 )}",
        "{at:Nullable(DateTime64(3))}",
        "{times:Array(DateTime)}",
        "{at:TIMESTAMP}",
    ],
)
def test_a_time_type_without_a_zone_is_refused(placeholder: str) -> None:
    sql = f"SELECT 1 FROM windows WHERE app = {{app:String}} AND received_at < {placeholder}"
    with pytest.raises(StoreError, match="needs a zone; write DateTime64") as refused:
        bind(sql, {"app": "demo", "at": datetime.now(UTC)})
    assert placeholder in str(refused.value)


@pytest.mark.parametrize(
    "placeholder",
    ["{at:DateTime64(3, 'UTC')}", "{at:DateTime('UTC')}", "{at:Array(DateTime64(3,'UTC'))}", "{day:Date}"],
)
def test_a_time_type_with_a_zone_is_bound(placeholder: str) -> None:
    now = datetime.now(UTC)
    assert bind(f"SELECT {placeholder}, toDateTime(received_at)", {"at": now}) == {"at": now}


def test_no_sql_of_ours_binds_a_time_without_a_zone() -> None:
    found = {str(path.relative_to(ROOT)): zoneless(path.read_text()) for path in sources()}
    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == {}
