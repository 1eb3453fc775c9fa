"""What ingest is measured against stores the same rows: a baseline that does less proves nothing."""

import json

from benchmarks.ingest_bodies import ID_SLOT, make_bodies
from benchmarks.ingest_naive import COLUMNS, rows_of
from collector.contract.report import Report
from collector.ingest.columns import to_tables
from tests.unit.ingest.reports import batch_of_bodies

CLOCK = {"received_at", "clock_skew_ms"}
"""Taken from the clock of the collector, which is not corrected in the baseline."""


def test_the_baseline_fills_the_same_columns_with_the_same_values() -> None:
    for made in make_bodies(20, app="demo", seed=3):
        told = json.loads(made.replace(ID_SLOT, b"b" * 22))
        told["windows"][0] |= {"steerable": False, "nth_load": 3}
        body = json.dumps(told).encode()
        report = Report.model_validate_json(body)
        ours = to_tables(batch_of_bodies([body], report.sent_at))["windows"].to_pylist()
        naive = [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(report)]
        for mine, theirs in zip(ours, naive, strict=True):
            assert {name: mine[name] for name in COLUMNS if name not in CLOCK} == {
                name: theirs[name] for name in COLUMNS if name not in CLOCK
            }
