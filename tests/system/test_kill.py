"""kill -9 at any moment: what was acknowledged is stored exactly once."""

import http.client
import itertools
import json
import random
import signal
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.system.conftest import Served, a_report

KILLS = 5
CLIENTS = 6


class Clients:
    """Browsers that post, and retry with the same batch id until they are answered."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.acknowledged: set[str] = set()
        self.duplicates = 0
        self._numbers = itertools.count()
        self._stop = threading.Event()
        self._given_up = False
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            batch_id = f"kill{next(self._numbers):018d}"
            while not self._post(batch_id) and not self._given_up:
                time.sleep(0.02)

    def _post(self, batch_id: str) -> bool:
        url = self.url
        if url is None:
            return False
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        try:
            body = json.dumps(a_report(batch_id))
            connection.request("POST", "/v1/report?key=demo-key", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            counts = json.loads(answer.read())
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return False  # killed under our hands: whether it was stored, nobody knows
        finally:
            connection.close()
        if answer.status != 202:
            return False
        assert counts["accepted"] + counts["duplicate"] == 2
        self.duplicates += counts["duplicate"] > 0
        self.acknowledged.add(batch_id)
        return True

    def finish(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(15)
        self._given_up = True  # the collector never came back: the test has failed before
        for thread in self._threads:
            thread.join(15)


@pytest.mark.system
def test_every_acknowledged_report_is_stored_once_after_kills(
    serve: Callable[..., Served], rows_by_batch: Callable[[], dict[str, int]]
) -> None:
    draw = random.Random(20261122)
    clients = Clients()
    try:
        for _ in range(KILLS):
            served = serve()
            clients.url = served.wait_until_up()
            time.sleep(draw.uniform(0.2, 1.5))
            served.stop(signal.SIGKILL)
            clients.url = None
        served = serve()
        clients.url = served.wait_until_up()
        time.sleep(0.5)
    finally:
        clients.finish()
    served.wait_until_drained()
    metrics = served.metrics()
    assert served.stop() == 0
    rows = rows_by_batch()
    assert len(clients.acknowledged) > 100
    assert clients.acknowledged <= rows.keys(), "acknowledged and lost"
    assert set(rows.values()) == {2}, "stored more or less than once"
    accepted = metrics['inferfleet_reports_total{outcome="accepted",reason=""}']
    assert accepted == metrics['inferfleet_reports_after_total{outcome="stored",reason=""}'] == len(rows)
    outcomes = sum(n for name, n in metrics.items() if name.startswith("inferfleet_reports_total"))
    assert outcomes == metrics["inferfleet_reports_received_total"]
