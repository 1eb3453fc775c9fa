from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.alerts import Ledger, MemoryLedger, SqliteLedger

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
