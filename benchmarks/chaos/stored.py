"""What the store has of each batch, and how that compares with what was sent.

``python -m benchmarks.chaos.stored ENGINE_FOLDER`` prints it as JSON; only while nothing serves.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.chaos.reports import Rows

_COUNT = """
SELECT batch_id, countIf(name = 'windows'), sum(predictions), countIf(name = 'loads'),
    countIf(name = 'incidents'), countIf(name = 'exposures'),
    countIf(name = 'stages'), countIf(name = 'races'), countIf(name IN ('races', 'race_arms')),
    countIf(name = 'drops')
FROM (
    SELECT batch_id, 'windows' AS name, count AS predictions FROM inferfleet.windows
    UNION ALL SELECT batch_id, 'loads', 0 FROM inferfleet.loads
    UNION ALL SELECT batch_id, 'incidents', 0 FROM inferfleet.incidents
    UNION ALL SELECT batch_id, 'exposures', 0 FROM inferfleet.exposures
    UNION ALL SELECT batch_id, 'stages', 0 FROM inferfleet.stages
    UNION ALL SELECT batch_id, if(place = 0, 'races', 'race_arms'), 0 FROM inferfleet.races
    UNION ALL SELECT session, 'drops', 0 FROM inferfleet.drops
) GROUP BY batch_id
"""
"""In the order of ``Rows``. A session of ``reports.py`` is one batch and bears its id."""


class Verdict(NamedTuple):
    """Batches by what became of them; ids, so that a failure can be looked into."""

    stored: int
    lost: list[str]
    """Acknowledged, and not stored whole."""
    twice: list[str]
    """More rows than were sent, acknowledged or not."""
    partial: list[str]
    """Not acknowledged, and stored in part."""


def stored_rows(engine: Path) -> dict[str, Rows]:
    """The rows of each batch, read by a process of its own: an engine belongs to one."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos.stored", str(engine)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    return {batch_id: Rows(*rows) for batch_id, *rows in json.loads(done.stdout)}


def compare(sent: Mapping[str, Rows], acknowledged: set[str], found: Mapping[str, Rows]) -> Verdict:
    """What was lost, and what is there more than once."""
    none = Rows.total([])
    return Verdict(
        stored=len(found),
        lost=sorted(one for one in acknowledged if any(_less(found.get(one, none), sent[one]))),
        twice=sorted(one for one, rows in found.items() if any(_less(sent.get(one, none), rows))),
        partial=sorted(
            one
            for one, rows in found.items()
            if one not in acknowledged and any(_less(rows, sent.get(one, none)))
        ),
    )


def _less(some: Rows, others: Rows) -> list[bool]:
    return [one < other for one, other in zip(some, others, strict=True)]


def main() -> None:
    import clickhouse_connect  # noqa: PLC0415 - only the process that owns the engine

    client: Any = clickhouse_connect.get_client(dsn=f"chdb://{sys.argv[1]}")
    client.database = "inferfleet"
    print(json.dumps([list(row) for row in client.query(_COUNT).result_rows]))


if __name__ == "__main__":
    main()
