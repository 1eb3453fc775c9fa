"""The whole job on a real engine: windows, loads and incidents in, findings out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from collector.contract.finding import Every, FindingKind, FindingState
from collector.contract.histogram import bucket_of
from collector.jobs import leaks
from collector.jobs.leaks import LeakSettings
from collector.jobs.regressions import RegressionSettings, load_findings, run
from collector.store import SCHEMAS, Store, open_store
from collector.store.migrate import upgrade

NOW = datetime.now(UTC).replace(microsecond=0)
DEMO = RegressionSettings()
GPUS = ("adreno-6xx", "mali-g7", "apple")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    dsn = f"chdb://{tmp_path / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as opened:
        yield opened


def row(table: str, **changes: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {}
    for field in SCHEMAS[table]:
        if field.nullable:
            empty[field.name] = None
        elif pa.types.is_list(field.type):
            empty[field.name] = []
        elif pa.types.is_string(field.type):
            empty[field.name] = ""
        elif pa.types.is_boolean(field.type):
            empty[field.name] = False
        else:
            empty[field.name] = 0
    facts = {"app": "demo", "model": "face", "variant": "original", "backend": "webgl", "os": "android"}
    facts |= {"browser": "chromium", "form": "mobile", "browser_major": 130, "memory_gb": 4, "cores": 8}
    return {**empty, **facts, **changes}


class Visits:
    """Sessions over days, and what they report."""

    def __init__(self, store: Store, seed: int = 1) -> None:
        self._store = store
        self._rng = np.random.default_rng(seed)
        self._tables: dict[str, list[dict[str, Any]]] = {"windows": [], "loads": [], "incidents": []}
        self._count = 0

    def add(
        self, n: int, release: str, since: datetime, until: datetime, *, slow: dict[str, float] | None = None,
        fails: float = 0.0, **facts: Any,
    ) -> None:  # fmt: skip
        for _ in range(n):
            self._count += 1
            gpu = str(self._rng.choice(GPUS))
            at = since + (until - since) * float(self._rng.random())
            memory = int(self._rng.choice([4, 8]))
            who = {
                "at": at,
                "received_at": at,
                "release": release,
                "session": f"s-{self._count:09d}",
                "gpu": gpu,
                "memory_gb": memory,
                **facts,
            }
            factor = (slow or {}).get(gpu, 1.0)
            values = 20 * factor * np.exp(self._rng.normal(0, 0.4) + self._rng.normal(0, 0.2, 30))
            buckets = sorted({bucket_of(value) for value in values})
            self._tables["windows"].append(
                row(
                    "windows",
                    count=30,
                    ready_buckets=buckets,
                    ready_counts=[30 // len(buckets) + 1] * len(buckets),
                    memory_predictions=[0, 29],
                    memory_tensors=[180, 180],
                    memory_bytes=[10**7] * 2,
                    nth_load=1,
                    errors=int(self._rng.random() < fails),
                    **who,
                )
            )
            start = 400 * factor * float(np.exp(self._rng.normal(0, 0.5)))
            self._tables["loads"].append(row("loads", load_ms=start, first_prediction_ms=start / 4, **who))

    def forget_versions_of_the_first_window(self, every: int) -> None:
        """An earlier window of every so many visits, with no version."""
        first = [
            each | {"at": each["at"] - timedelta(minutes=1), "engine_version": "", "model_release": ""}
            for each in self._tables["windows"][::every]
        ]
        self._tables["windows"] += first

    def store(self) -> None:
        for table, rows in self._tables.items():
            if rows:
                self._store.insert(table, pa.Table.from_pylist(rows, schema=SCHEMAS[table]))


def days(ago: float) -> datetime:
    return NOW - timedelta(days=ago)


def test_a_release_that_is_slow_on_one_gpu_family_is_one_finding_and_ends_with_the_mended_one(
    store: Store,
) -> None:
    visits = Visits(store)
    visits.add(600, "1.0.0", days(9), days(1))
    visits.add(150, "1.1.0", days(1), NOW, slow={"adreno-6xx": 4.0})
    visits.store()
    summary = run(store, DEMO, now=NOW)
    (finding,) = summary.findings
    assert (summary.opened, summary.votes) == (1, 750)
    assert finding.kind is FindingKind.LATENCY_REGRESSION
    assert (finding.cohort.release, finding.cohort.backend) == ("1.1.0", Every.ANY)
    assert "adreno" in finding.cohort.scope
    assert finding.evidence["ratio_low"] < 4.0 < finding.evidence["ratio_high"]
    assert finding.evidence["before"] == "1.0.0"
    assert 0.2 < finding.evidence["affected_share"] < 0.5
    assert finding.evidence["lost_s_a_day"] > 0
    assert "start" in finding.evidence["also"]
    assert load_findings(store) == [finding]
    assert leaks.run(store, LeakSettings(), now=NOW).findings == []

    again = run(store, DEMO, now=NOW + timedelta(minutes=5))
    assert (again.opened, again.still_open) == (0, 1)
    assert again.findings[0].opened_at == NOW

    mended = Visits(store, seed=2)
    mended.add(150, "1.2.0", NOW, NOW + timedelta(days=1))
    mended._tables = {
        table: [{**each, "session": "m" + each["session"]} for each in rows]
        for table, rows in mended._tables.items()
    }
    mended.store()
    ended = run(store, DEMO, now=NOW + timedelta(days=1), app="demo")
    assert (ended.opened, ended.still_open, ended.resolved) == (0, 0, 1)
    assert load_findings(store)[0].state is FindingState.RESOLVED
    assert "are back" in load_findings(store)[0].summary


def test_errors_that_began_with_a_browser_version(store: Store) -> None:
    visits = Visits(store)
    visits.add(800, "1.0.0", days(9), days(2), fails=0.01)
    visits.add(200, "1.0.0", days(2), NOW, fails=0.01)
    visits.add(200, "1.0.0", days(2), NOW, fails=0.3, browser_major=131)
    visits.store()
    (finding,) = run(store, DEMO, now=NOW).findings
    assert finding.kind is FindingKind.ERROR_REGRESSION
    assert finding.evidence["version"] == "131"
    assert finding.cohort.release == Every.ANY
    assert "browser_major=131" in finding.cohort.scope


def test_a_library_and_a_model_that_were_exchanged_without_a_release(store: Store) -> None:
    """The first window of some visits left before the library was asked for its version."""
    visits = Visits(store)
    visits.add(800, "1.0.0", days(9), days(4), engine_version="tfjs/4.22.0", model_release="1")
    visits.add(300, "1.0.0", days(4), NOW, engine_version="tfjs/4.22.0", model_release="1")
    slow = dict.fromkeys(GPUS, 1.8)
    visits.add(300, "1.0.0", days(4), NOW, slow=slow, engine_version="tfjs/4.23.0", model_release="1")
    visits.forget_versions_of_the_first_window(every=3)
    visits.store()
    (finding,) = run(store, DEMO, now=NOW).findings
    assert (finding.evidence["axis"], finding.evidence["version"]) == ("engine_version", "tfjs/4.23.0")
    assert finding.evidence["sessions"] > 280


def test_a_release_that_draws_fewer_frames_and_predicts_as_fast_as_ever(store: Store) -> None:
    """Windows of 30 predictions: 25 ms from one to the next, and 60 ms since the release."""
    visits = Visits(store)
    visits.add(400, "1.0.0", days(9), days(1), duration_ms=750)
    visits.add(150, "1.1.0", days(1), NOW, duration_ms=1800)
    visits.store()
    (finding,) = run(store, DEMO, now=NOW).findings
    assert (finding.kind, finding.cohort.release) == (FindingKind.FRAME_RATE_REGRESSION, "1.1.0")
    assert finding.evidence["ratio"] == pytest.approx(2.4, rel=0.06)
    assert finding.evidence["typical_before"] == pytest.approx(25, rel=0.05)
    assert finding.evidence["typical"] == pytest.approx(60, rel=0.05)
    assert "lost_s_a_day" not in finding.evidence


def test_windows_of_few_predictions_say_nothing_of_frames(store: Store) -> None:
    """A session's time between predictions is that of its window in the middle, by predictions."""
    visits = Visits(store)
    visits.add(1, "1.0.0", days(1), days(0.9), duration_ms=750)
    (whole,) = visits._tables["windows"]
    visits._tables["windows"] += [{**whole, "count": 9, "duration_ms": 60_000}] * 20
    visits._tables["windows"].append({**whole, "count": 20, "duration_ms": 60_000})
    visits.store()
    since = datetime.combine(days(1).date(), datetime.min.time(), tzinfo=UTC)
    (frame,) = store.query_table(
        "regressions_votes", app="demo", since=since, until=NOW, votes=10
    ).to_pydict()["frame"]
    assert frame == bucket_of(25.0)


def test_nothing_and_sessions_of_programs_find_nothing(store: Store) -> None:
    assert run(store, DEMO, now=NOW).findings == []
    visits = Visits(store)
    visits.add(300, "1.0.0", days(9), days(1))
    visits.add(100, "1.1.0", days(1), NOW, slow=dict.fromkeys(GPUS, 4.0), automated=True)
    visits.store()
    summary = run(store, DEMO, now=NOW)
    assert (summary.votes, summary.findings) == (300, [])
    with pytest.raises(ValueError, match="no zone"):
        run(store, DEMO, now=NOW.replace(tzinfo=None))


class DeletedMeanwhile:
    """A store in which somebody deletes an app's release after each of the first answers."""

    def __init__(self, store: Store, releases: list[str]) -> None:
        self._store = store
        self._releases = releases

    def query(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        return self._store.query(name, **parameters)

    def query_table(self, name: str, **parameters: Any) -> pa.Table:
        answer = self._store.query_table(name, **parameters)
        if name == "regressions_votes" and answer.num_rows and self._releases:
            release = self._releases.pop()
            for table in ("windows", "loads"):
                rows = "release = {release:String}"
                self._store.execute(
                    f"ALTER TABLE {table} DELETE WHERE {rows} SETTINGS mutations_sync = 2",
                    {"release": release},
                )
        return answer

    def insert(self, table: str, rows: pa.Table, *, token: str | None = None) -> int:
        return self._store.insert(table, rows, token=token)


def test_sessions_that_are_deleted_while_they_are_read_are_left_out(store: Store) -> None:
    visits = Visits(store)
    for release in ("1.0.0", "1.1.0", "1.2.0"):
        visits.add(50, release, NOW - timedelta(minutes=5), NOW)
    visits.store()
    assert run(DeletedMeanwhile(store, ["1.1.0"]), DEMO, now=NOW).votes == 100
    assert run(DeletedMeanwhile(store, ["1.2.0", "1.0.0"]), DEMO, now=NOW).votes == 0


def test_a_large_cell_is_sampled_and_its_votes_stand_for_all(store: Store) -> None:
    visits = Visits(store)
    visits.add(300, "1.0.0", days(1), days(0.9), memory_gb=4)
    visits.store()
    small = RegressionSettings(votes_per_day=10)
    since = datetime.combine(days(1).date(), datetime.min.time(), tzinfo=UTC)
    rows = store.query_table("regressions_votes", app="demo", since=since, until=NOW, votes=10).to_pydict()
    assert 0 < len(rows["cell"]) <= 30
    assert sum(rows["weight"]) == pytest.approx(300)
    assert run(store, small, now=NOW).votes <= 60
