from typing import Any

import pytest

from collector.ingest import drain
from collector.ingest.columns import SpooledReport, to_tables
from tests.unit.ingest.reports import a_report, now_ms


def test_one_unfit_report_costs_its_block_few_conversions(monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[int] = []

    def count(reports: Any) -> Any:
        converted.append(len(reports))
        return to_tables(reports)

    monkeypatch.setattr(drain, "to_tables", count)
    reports = [SpooledReport(now_ms(), a_report(seq=number)) for number in range(256)]
    reports[77] = SpooledReport(now_ms(), {"no": "report"})
    tables, poison = drain._tables(reports)
    assert tables["windows"].num_rows == 255
    assert [bad.reason for bad in poison] == ["unfit_KeyError"]
    assert len(converted) <= 2 + 2 * 8 + 1
