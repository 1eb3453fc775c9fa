from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from collector.alerts.quiet import QuietHours, is_quiet


def hours(**changes: Any) -> QuietHours:
    return QuietHours.model_validate({"start": "22:00", "end": "07:00", **changes})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "covered"),
    [
        ("2026-05-01 21:59:59", False),
        ("2026-05-01 22:00", True),
        ("2026-05-02 00:00", True),
        ("2026-05-02 06:59:59", True),
        ("2026-05-02 07:00", False),
        ("2026-05-02 12:00", False),
    ],
)
def test_a_night_goes_over_midnight(moment: str, covered: bool) -> None:
    assert hours().covers(at(moment)) is covered


def test_days_are_those_on_which_it_starts() -> None:
    friday = hours(days=["fri"])  # 2026-05-01 is one
    assert friday.covers(at("2026-05-01 23:00"))
    assert friday.covers(at("2026-05-02 06:00"))
    assert not friday.covers(at("2026-05-02 23:00"))
    assert not friday.covers(at("2026-05-01 06:00"))


def test_the_same_start_and_end_is_a_whole_day() -> None:
    saturday = hours(start="00:00", end="00:00", days=["sat"])
    assert saturday.covers(at("2026-05-02 00:00"))
    assert saturday.covers(at("2026-05-02 23:59"))
    assert not saturday.covers(at("2026-05-03 00:00"))


def test_they_go_by_their_own_clock_also_when_it_is_changed() -> None:
    berlin = hours(timezone="Europe/Berlin")
    assert berlin.covers(at("2026-07-01 20:30"))  # 22:30 there
    assert not berlin.covers(at("2026-01-01 20:30"))  # 21:30 there
    # The night to 2026-03-29 is an hour shorter: 07:00 there is 05:00 UTC.
    assert berlin.covers(at("2026-03-29 04:59"))
    assert not berlin.covers(at("2026-03-29 05:00"))


def test_an_app_or_an_owner_has_its_own() -> None:
    now = at("2026-05-01 23:00")
    of_web, of_shop = hours(owner="web"), hours(app="shop")
    assert is_quiet([of_web], "blog", "web", now=now)
    assert not is_quiet([of_web], "blog", None, now=now)
    assert not is_quiet([of_web, of_shop], "blog", "ml", now=now)
    assert is_quiet([of_web, of_shop], "shop", "ml", now=now)
    assert is_quiet([hours()], "any", None, now=now)
    assert not is_quiet([], "any", None, now=now)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"timezone": "../etc/passwd"}, "no time zone"),
        ({"start": "22:00+02:00"}, "without a zone"),
        ({"start": "late"}, "start"),
        ({"days": []}, "days"),
        ({"days": ["someday"]}, "days"),
        ({"owner": "Web Team"}, "owner"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        hours(**wrong)
