from typing import Any

import pytest

from collector.ingest import block_tables
from collector.ingest.columns import to_tables
from tests.unit.ingest.reports import a_report, a_window, batch, now_ms


def test_one_unfit_report_costs_its_block_few_conversions(monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[int] = []

    def count(of: Any) -> Any:
        converted.append(len(of.reports))
        return to_tables(of)

    monkeypatch.setattr(block_tables, "to_tables", count)
    reports = [a_report(seq=number) for number in range(256)]
    reports[77] = a_report(windows=[a_window(count=1 << 40)])
    tables, stored, poison = block_tables.without_unfit([batch(*((now_ms(), report) for report in reports))])
    assert tables["windows"].num_rows == stored == 255
    assert [bad.reason for bad in poison] == ["unfit_ArrowInvalid"]
    assert b"1099511627776" in poison[0].record
    assert len(converted) <= 2 + 2 * 8
