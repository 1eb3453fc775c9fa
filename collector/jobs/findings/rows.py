"""Findings as rows of the table ``findings``, and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from collector.contract.finding import Cohort, Finding
from collector.store import SCHEMAS


def from_row(row: Mapping[str, Any]) -> Finding:
    """The finding of a row."""
    return Finding.model_validate(
        {
            **{name: row[name] for name in Finding.model_fields if name in row},
            "cohort": {name: row[name] for name in Cohort.model_fields},
            "evidence": json.loads(row["evidence"]),
        }
    )


def to_table(findings: Sequence[Finding]) -> pa.Table:
    """Findings as ``SCHEMAS["findings"]``; the evidence as JSON with sorted keys: stable bytes."""
    rows = [
        {
            **finding.model_dump(exclude={"cohort", "evidence"}),
            **finding.cohort.model_dump(mode="json"),
            "kind": finding.kind.value,
            "state": finding.state.value,
            "severity": finding.severity.value,
            "finding_id": finding.finding_id,
            "evidence": json.dumps(finding.evidence, sort_keys=True),
        }
        for finding in findings
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMAS["findings"])
