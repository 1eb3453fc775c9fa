"""A store with the seeded week, and the fleet page over it.

The engine runs behind the ClickHouse HTTP shim in a process of its own: a process has one embedded engine at
a time, and other tests need theirs. ``python -m tests.integration.fleet.site`` serves it to look at.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from collector.api.fleet.answer import FleetStore
from collector.api.fleet.routes import Access, fleet_router
from collector.store import Store, open_store
from collector.store.migrate import upgrade
from tests.integration.fleet.seed import APP, fill

ROOT = Path(__file__).resolve().parents[3]
SILENT_APP = "shop"
"""Declared, but never reported."""


@contextmanager
def seeded_store(engine: Path, *, sessions: int) -> Iterator[Store]:
    """A store on a real engine, holding the week before now."""
    command = [sys.executable, "-m", "tests.clickhouse_shim", "--path", str(engine)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as shim:
        assert shim.stdout is not None
        url = shim.stdout.readline().strip()
        try:
            assert url.startswith("http://"), "the shim did not start"
            dsn = f"{url}/inferfleet"
            upgrade(dsn)
            with open_store(dsn) as store:
                fill(store, now=datetime.now(UTC), sessions=sessions)
                yield store
        finally:
            shim.kill()


@contextmanager
def serve(store: FleetStore, *, access: Access = "open", admin_token: str | None = None) -> Iterator[str]:
    """The fleet page's URL, served by uvicorn on a free port."""
    app = FastAPI()
    app.include_router(
        fleet_router(store, access=access, admin_token=admin_token, apps=lambda: [APP, SILENT_APP])
    )
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
        assert thread.is_alive(), "uvicorn did not start"
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def main() -> None:
    """Serves the page until interrupted."""
    with (
        tempfile.TemporaryDirectory() as folder,
        seeded_store(Path(folder) / "engine", sessions=2000) as store,
        serve(store) as url,
    ):
        sys.stdout.write(f"{url}/?range=7d\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
