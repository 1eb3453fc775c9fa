"""Browsers that post reports and retry each, byte for byte, until it is answered."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

from benchmarks.chaos.reports import Reports, Rows
from benchmarks.chaos.served import KEY
from benchmarks.chaos.sizes import CLIENTS, SEED

LOST_ANSWERS = 0.05
"""Share of attempts whose answer the client does not wait for: it must then retry what may be stored."""


class Clients:
    """Threads that post as fast as they are answered, or ``per_second`` all together."""

    def __init__(self, name: str, *, count: int = CLIENTS, per_second: float | None = None) -> None:
        self.url: str | None = None
        self.sent: dict[str, Rows] = {}
        self.acknowledged: set[str] = set()
        self.duplicates = 0
        self.statuses: Counter[int] = Counter()
        self.refused: Counter[str] = Counter()
        self._pause = count / per_second if per_second else 0.0
        self._stop = threading.Event()
        self._give_up = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(
                target=self._run, args=(Reports(f"{name}{n:02d}", SEED), random.Random(SEED + n))
            )
            for n in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, reports: Reports, draw: random.Random) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._stop.is_set():
            report = next(reports)
            due = time.monotonic() + self._pause
            with self._lock:
                self.sent[report.batch_id] = report.rows
            answered = False
            while not answered and not self._give_up.is_set():
                if (url := self.url) is None:
                    time.sleep(0.01)
                    continue
                where = urlsplit(url).netloc
                if connection is None or f"{connection.host}:{connection.port}" != where:
                    connection = http.client.HTTPConnection(where, timeout=30)
                try:
                    connection.request("POST", f"/v1/report?key={KEY}", report.body, report.headers)
                    if draw.random() < LOST_ANSWERS:
                        raise ConnectionAbortedError
                    answer = connection.getresponse()
                    said = json.loads(answer.read())
                except (OSError, http.client.HTTPException, json.JSONDecodeError):
                    connection.close()  # whether it was stored, nobody knows
                    connection = None
                    time.sleep(0.01)
                    continue
                answered = self._note(report.batch_id, report.rows, answer.status, said)
                if not answered:
                    time.sleep(draw.uniform(0.02, 0.1))
            if self._pause:
                time.sleep(max(0.0, due - time.monotonic()))
        if connection is not None:
            connection.close()

    def _note(self, batch_id: str, rows: Rows, status: int, said: dict[str, int]) -> bool:
        with self._lock:
            self.statuses[status] += 1
            if status != 202:
                self.refused[str(said.get("code"))] += 1
                return False
            if said["accepted"] + said["duplicate"] != rows.items:
                raise AssertionError(f"{rows.items} items were sent, and the answer is {said}")
            self.duplicates += said["duplicate"] > 0
            self.acknowledged.add(batch_id)
            return True

    def finish(self, seconds: float = 120) -> None:
        """Lets every client end its last report."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._give_up.set()
        for thread in self._threads:
            thread.join(60)
