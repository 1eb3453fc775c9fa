"""Fills a spool as the collector does, but for HTTP: ``fill_spool.py FILE MB``. Prints how many reports."""

import asyncio
import sys
import time
from pathlib import Path

from benchmarks.ingest_bodies import ID_SLOT, make_bodies
from collector.ingest.decode import skim
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import Spool

AT_ONCE = 256


async def fill(spool: Spool, size: int) -> int:
    """Puts reports until ``size`` bytes wait. Returns how many."""
    bodies = make_bodies(500, app="chaos", seed=7)
    reports = 0
    while spool.pending_bytes < size:
        now = int(time.time() * 1000)
        waiting = [
            spool.put(skim(bodies[n % 500].replace(ID_SLOT, b"%022d" % n)), now)
            for n in range(reports, reports + AT_ONCE)
        ]
        assert all(await asyncio.gather(*waiting))
        reports += AT_ONCE
        spool.handover.clear()  # nobody drains: it would only hold memory
    return reports


def main() -> None:
    spool = Spool(Path(sys.argv[1]), SpoolSettings(max_bytes=8 << 30))
    reports = asyncio.run(fill(spool, int(sys.argv[2]) << 20))
    spool.close()
    print(reports)


if __name__ == "__main__":
    main()
