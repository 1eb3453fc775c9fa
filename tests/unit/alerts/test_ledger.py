import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from collector.alerts import Ledger, MemoryLedger, SqliteLedger
from collector.alerts.episode import Episode
from tests.unit.alerts.examples import a_finding, resolved

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return MemoryLedger() if request.param == "memory" else SqliteLedger(tmp_path / "deep" / "alerts.sqlite")


def test_what_was_recorded_is_told_to_that_target_only(ledger: Ledger) -> None:
    ledger.record("webhook:a", ["one"], at=NOW)
    assert ledger.untold("webhook:a", ["one", "two"], at=NOW) == {"two"}
    assert ledger.untold("webhook:b", ["one", "two"], at=NOW) == {"one", "two"}


def test_recording_twice_is_harmless(ledger: Ledger) -> None:
    ledger.record("webhook:a", ["one"], at=NOW)
    ledger.record("webhook:a", ["one"], at=NOW)
    assert ledger.untold("webhook:a", ["one"], at=NOW) == set()


def test_an_event_that_is_still_asked_for_is_remembered_for_ever(ledger: Ledger) -> None:
    ledger.record("webhook:a", ["asked"], at=NOW)
    ledger.record("webhook:a", ["gone"], at=NOW)
    for days in (60, 120, 180):
        assert ledger.untold("webhook:a", ["asked"], at=NOW + timedelta(days=days)) == set()
    assert ledger.untold("webhook:a", ["gone"], at=NOW + timedelta(days=181)) == {"gone"}


def test_a_restart_keeps_what_was_told(tmp_path: Path) -> None:
    SqliteLedger(tmp_path / "alerts.sqlite").record("webhook:a", ["one"], at=NOW)
    assert SqliteLedger(tmp_path / "alerts.sqlite").untold("webhook:a", ["one"], at=NOW) == set()


def an_episode(model: str, **changes: Any) -> Episode:
    finding = a_finding(model)
    return Episode(finding, finding.opened_at, finding.severity, **changes)


def test_episodes_are_those_asked_for_and_those_whose_end_is_owed(ledger: Ledger) -> None:
    asked, other = an_episode("asked", told_at=NOW), an_episode("other")
    owed = replace(an_episode("owed", told_at=NOW), finding=resolved(a_finding("owed")))
    ended = replace(owed, finding=resolved(a_finding("ended")), ended=True)
    kept = {episode.finding.finding_id: episode for episode in (asked, other, owed, ended)}
    ledger.keep(kept, at=NOW)
    found = ledger.episodes([asked.finding.finding_id])
    assert found == {asked.finding.finding_id: asked, owed.finding.finding_id: owed}
    ledger.keep({asked.finding.finding_id: replace(asked, ended=True)}, at=NOW)
    assert ledger.episodes([asked.finding.finding_id])[asked.finding.finding_id].ended


def test_an_episode_of_a_newer_version_is_as_none(tmp_path: Path) -> None:
    file = tmp_path / "alerts.sqlite"
    ledger = SqliteLedger(file)
    good, newer = an_episode("good"), an_episode("newer")
    ledger.keep({"good": good, "newer": newer}, at=NOW)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "UPDATE episodes SET episode = replace(episode, 'tensor_leak', 'time_travel') "
            "WHERE finding_id = 'newer'"
        )
    with capture_logs() as logs:
        assert SqliteLedger(file).episodes(["good", "newer"]) == {"good": good}
    assert [log["finding_id"] for log in logs] == ["newer"]


def test_a_ledger_of_before_episodes_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "alerts.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "CREATE TABLE told (target TEXT NOT NULL, event TEXT NOT NULL, at REAL NOT NULL, "
            "PRIMARY KEY (target, event))"
        )
        connection.execute("INSERT INTO told VALUES ('webhook:a', 'one', ?)", (NOW.timestamp(),))
    ledger = SqliteLedger(file)
    assert ledger.untold("webhook:a", ["one"], at=NOW) == set()
    assert ledger.episodes(["any"]) == {}
