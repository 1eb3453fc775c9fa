"""What is told of a finding that opens, closes, flaps and gets worse, minute by minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.alerts.episode import Episode, Patience, advance
from collector.contract.finding import Finding, FindingState, Severity
from tests.unit.alerts.examples import a_finding

START = datetime(2026, 5, 1, 22, tzinfo=UTC)


class Life:
    """A finding as a job says it each minute, and what was told of it."""

    def __init__(self, *, quiet: Any = lambda minute: False, **patience: float) -> None:
        self.patience = Patience(**{name: timedelta(minutes=value) for name, value in patience.items()})
        self.quiet = quiet
        self.episode: Episode | None = None
        self.opened: datetime | None = None
        self.resolved: Finding | None = None
        self.minute = 0
        self.told: list[str] = []
        """Of each minute: - nothing, w a warning, c a critical finding, W and C their ends."""
        self.since: set[datetime] = set()

    def play(self, states: str) -> str:
        """``w`` and ``c``: open in this minute; ``.``: not."""
        for state in states:
            now = START + timedelta(minutes=self.minute)
            finding = self._say(state, now)
            if finding is None:
                self.told.append("-")
            else:
                self.episode, told = advance(
                    self.episode, finding, self.patience, quiet=self.quiet(self.minute), now=now
                )
                self.told.append("-" if told is None else _letter(told.finding))
                if told is not None:
                    self.since.add(told.finding.opened_at)
                    assert told.told_at <= now
            self.minute += 1
        return "".join(self.told)

    def _say(self, state: str, now: datetime) -> Finding | None:
        if state == ".":
            if self.opened is not None:
                self.resolved = a_finding(
                    state=FindingState.RESOLVED, opened_at=self.opened, updated_at=now, resolved_at=now
                )
                self.opened = None
            return self.resolved
        self.opened = self.opened or now
        severity = Severity.CRITICAL if state == "c" else Severity.WARNING
        return a_finding(severity=severity, opened_at=self.opened, updated_at=now)


def _letter(finding: Finding) -> str:
    letter = "c" if finding.severity is Severity.CRITICAL else "w"
    return letter.upper() if finding.state is FindingState.RESOLVED else letter


def events(told: str) -> str:
    """What a person gets: only what differs from what was told before."""
    changes = ""
    for letter in told.replace("-", ""):
        changes += letter if letter != changes[-1:] else ""
    return changes


def test_without_patience_all_is_told_at_once() -> None:
    assert Life().play("www..w.") == "wwwWWwW"


def test_what_does_not_last_is_never_told_nor_is_its_end() -> None:
    assert Life(warning_for=3).play("ww..ww....") == "-" * 10


def test_what_lasts_is_told_then_and_ends_at_once() -> None:
    life = Life(warning_for=3)
    assert life.play("wwwww..") == "---wwWW"
    assert life.since == {START}


def test_critical_has_a_patience_of_its_own() -> None:
    assert Life(warning_for=5, critical_for=1).play("wwccc") == "--ccc"
    assert Life(warning_for=1, critical_for=9).play("wwccc") == "-wccc"  # told already: worse is told at once


def test_the_end_is_told_when_it_stayed_away() -> None:
    assert Life(keep_firing=3).play("ww......") == "wwwwwWWW"


def test_a_finding_that_flaps_is_one_episode() -> None:
    life = Life(keep_firing=3)
    assert events(life.play("w.w..ww.w...." + "w")) == "wWw"
    assert life.since == {START, START + timedelta(minutes=13)}


def test_within_an_episode_severity_only_rises() -> None:
    assert Life(keep_firing=3).play("c.w.c....") == "ccccccccC"
    assert events(Life(keep_firing=3).play("w.c.w.....")) == "wcC"


def test_a_warning_that_was_told_ends_when_it_becomes_critical_and_one_that_was_not_has_no_end() -> None:
    told, untold = Life(), Life(warning_for=5)
    told.play("wwcc")
    untold.play("wwcc")
    assert told.episode is not None
    assert told.episode.escalated_at == START + timedelta(minutes=2)
    assert untold.episode is not None
    assert untold.episode.escalated_at is None


def test_warnings_and_their_ends_wait_in_quiet_hours_and_critical_ones_do_not() -> None:
    def night(minute: int) -> bool:
        return minute < 4

    assert Life(quiet=night).play("wwwwww") == "----ww"
    assert Life(quiet=night).play("ww....") == "------"  # gone by the morning
    assert Life(quiet=night).play("wwcc..") == "--ccCC"

    def evening(minute: int) -> bool:
        return 2 <= minute < 5

    assert Life(quiet=evening).play("ww.....") == "wwwwwWW"
    assert Life(quiet=evening).play("ww.w...") == "wwwwwWW"


def test_an_end_that_was_told_is_told_again_to_who_was_away_also_in_quiet_hours() -> None:
    assert Life(quiet=lambda minute: minute > 3).play("w......") == "wWWWWWW"


def test_a_finding_of_before_episodes_were_kept_goes_on() -> None:
    old = a_finding(opened_at=START - timedelta(hours=5), updated_at=START)
    episode, told = advance(None, old, Patience(warning_for=timedelta(hours=1)), quiet=False, now=START)
    assert told is not None
    assert told.finding == old
    ended = old.model_copy(update={"state": FindingState.RESOLVED, "resolved_at": START})
    for before in (None, episode):
        _, told = advance(before, ended, Patience(), quiet=False, now=START)
        assert told is not None
        assert told.finding == ended


@given(
    states=st.text("wc.", max_size=60),
    quiet=st.sets(st.integers(0, 59)),
    patience=st.fixed_dictionaries(
        {name: st.integers(0, 9) for name in ("warning_for", "critical_for", "keep_firing")}
    ),
)
def test_however_it_flaps_people_hear_of_a_beginning_then_of_its_end(
    states: str, quiet: set[int], patience: dict[str, float]
) -> None:
    told = events(Life(quiet=quiet.__contains__, **patience).play(states))
    before = "W"
    for letter in told:
        assert letter in {"W": "wc", "C": "wc", "w": "cW", "c": "C"}[before], told
        before = letter


@pytest.mark.parametrize("minutes", [0, 5])
def test_what_goes_on_is_told_in_the_end(minutes: int) -> None:
    assert Life(warning_for=minutes, critical_for=minutes).play("w" * 7).endswith("w")
