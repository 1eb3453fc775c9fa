"""docs/storage.md names every table, once, and says how long its rows are kept."""

import re
from pathlib import Path

from collector.store.columns import COLUMNS
from collector.store.retention import EVENT_TABLES

ROOT = Path(__file__).resolve().parents[3]


def test_the_table_of_tables_is_that_of_the_store() -> None:
    page = (ROOT / "docs" / "storage.md").read_text()
    section = page.split("## Tables\n")[1].split("\n## ")[0]
    kept: dict[str, str] = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for name in re.findall(r"`(\w+)`", cells[0]) if line.startswith("| `") else []:
            assert name not in kept
            assert len(cells) == 3, line
            assert re.search("[a-z]{3}", cells[1]), line
            kept[name] = cells[2]
    assert kept.keys() == COLUMNS.keys()
    for name, how_long in kept.items():
        assert ("90 days" in how_long) == (name in EVENT_TABLES), name
