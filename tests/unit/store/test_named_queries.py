"""Every named query is documented, with its cost, and measured."""

from datetime import UTC, datetime
from pathlib import Path

from benchmarks.query_cases import cases
from benchmarks.storage_rows import windows
from collector.store import SCHEMAS
from collector.store.named_queries import load_query, query_names
from dashboards.panels import PANELS

STORAGE = Path(__file__).resolve().parents[3] / "docs" / "storage.md"


def test_every_query_and_panel_is_in_the_table_of_costs() -> None:
    page = STORAGE.read_text()
    assert [name for name in (*query_names(), *PANELS) if f"\n| `{name}` |" not in page] == []


def test_every_query_begins_with_its_question() -> None:
    assert [name for name in query_names() if "?" not in load_query(name).splitlines()[0]] == []


def test_the_benchmark_asks_every_query_and_panel() -> None:
    asked = {case.name for case in cases(datetime.now(UTC))}
    panels = {f"panel_{name}_{span}" for name in PANELS for span in ("day", "month")}
    assert asked == {*query_names(), *panels}


def test_the_benchmarks_draw_every_column_of_a_window() -> None:
    drawn = windows(100)
    assert drawn.schema == SCHEMAS["windows"]
    assert [name for name in drawn.schema.names if drawn[name].null_count] == []
    assert set(drawn["nth_load"].to_pylist()) == {1}
