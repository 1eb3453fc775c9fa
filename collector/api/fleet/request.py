"""What may be asked of a panel: an app, a model, a release, a backend and a range of time, each bounded."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from collector.contract.vocabulary import Backend
from dashboards.panels.scope import NO_RELEASE

PARAMETERS = ("app", "model", "release", "backend", "from", "to")
DEFAULT_RANGE = timedelta(hours=24)
MAX_RANGE = timedelta(days=400)
MIN_RANGE = timedelta(seconds=10)
MAX_POINTS = 120
INTERVALS_S = (60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 7 * 86400)
"""Lengths that divide a day, so that bars begin at round times. A window covers up to a minute: shorter
intervals would leave gaps in a line that has none."""

_EPOCH_MS = re.compile(r"^\d{1,14}$")
_NAME = {
    "app": re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$"),
    "model": re.compile(r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$"),
    "release": re.compile(r"^([A-Za-z0-9._+/@-]{1,64}|\(none\))$"),
    "backend": re.compile("|".join(Backend)),
}
"""As in contract.report: a value that no report can carry has no answer, so say that it does not fit."""


class BadFleetQuery(ValueError):
    """A parameter does not fit. ``advice`` says what does; the value is never repeated."""

    def __init__(self, name: str, advice: str) -> None:
        super().__init__(f"{name}: {advice}")
        self.name = name
        self.advice = advice


class FleetRequest(NamedTuple):
    """A checked question: which rows, from when to when, in intervals of what length."""

    app: str
    model: str | None
    release: str | None
    backend: str | None
    since: datetime
    until: datetime
    interval_s: int


def parse_request(asked: Mapping[str, Sequence[str] | None], *, now: datetime) -> FleetRequest:
    """Checks the parameters ``PARAMETERS``; times are epoch milliseconds or ISO 8601.

    Raises:
        BadFleetQuery: names the parameter and says what fits.
    """
    given = {name: _one(name, values) for name, values in asked.items()}
    if given["release"] == "":  # a link from before there was a word for it
        given["release"] = NO_RELEASE
    app = _named("app", given["app"])
    if app is None:
        raise BadFleetQuery("app", "app is missing: name one of GET /v1/fleet/apps")
    until = _moment("to", given["to"]) or now
    since = _moment("from", given["from"]) or until - DEFAULT_RANGE
    if until - since < MIN_RANGE:
        raise BadFleetQuery("from", f"from must lie at least {MIN_RANGE.seconds} seconds before to")
    if until - since > MAX_RANGE:
        raise BadFleetQuery(
            "from", f"the range is over the limit of {MAX_RANGE.days} days: choose a shorter one"
        )
    return FleetRequest(
        app=app,
        model=_named("model", given["model"]),
        release=_named("release", given["release"]),
        backend=_named("backend", given["backend"]),
        since=since,
        until=until,
        interval_s=interval_for(until - since),
    )


def interval_for(span: timedelta) -> int:
    """Seconds in an interval, such that a chart over this span has at most ``MAX_POINTS`` of them."""
    wanted = span.total_seconds() / MAX_POINTS
    return next((length for length in INTERVALS_S if length >= wanted), INTERVALS_S[-1])


def _one(name: str, values: Sequence[str] | None) -> str | None:
    if not values:
        return None
    if len(values) > 1:
        raise BadFleetQuery(name, f"{name} is given {len(values)} times: give it once")
    return values[0]


def _named(name: str, value: str | None) -> str | None:
    if value is None or _NAME[name].fullmatch(value):
        return value
    raise BadFleetQuery(name, f"{name} is not a name that a report can carry (docs/wire-fields.md)")


def _moment(name: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        if _EPOCH_MS.match(value):
            moment = datetime.fromtimestamp(int(value) / 1000, UTC)
        else:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadFleetQuery(
            name, f"{name} is no time: give epoch milliseconds, or ISO 8601 such as 2026-01-31T12:00:00Z"
        ) from error
    if moment.tzinfo is None:
        raise BadFleetQuery(name, f"{name} has no time zone: add Z, or give epoch milliseconds")
    if not 1971 <= moment.year <= 2261:  # what fromUnixTimestamp64Milli and DateTime64(3) hold
        raise BadFleetQuery(name, f"{name} lies outside the years 1971 to 2261")
    return moment
