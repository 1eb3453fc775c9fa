"""A race is one item of a report, and a row of the store for each of its arms."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class RaceRow(NamedTuple):
    """One arm of a race, structs of ``structs``."""

    nth: int
    """Which race of its report: with the batch id it names the race."""
    race: Any
    place: int
    result: Any


def race_rows(races: Sequence[Any]) -> list[RaceRow]:
    """The arms of a report's races, in the order that they ran."""
    return [
        RaceRow(nth, race, place, result)
        for nth, race in enumerate(races)
        for place, result in enumerate(race.results)
    ]


def race_columns(rows: Sequence[RaceRow]) -> dict[str, list[Any]]:
    """The columns of ``races`` that a report's envelope does not give, by name."""
    columns: dict[str, list[Any]] = {
        name: [getattr(row.race, name) for row in rows]
        for name in ("model", "steerable", "engine", "at", "asked", "input", "budget_ms", "spent_ms")
    }
    for name in ("backend", "variant", "outcome", "start_ms", "load_ms", "first_ms", "ready_ms", "runs"):
        columns[name] = [getattr(row.result, name) for row in rows]
    columns["race"] = [row.nth for row in rows]
    columns["place"] = [row.place for row in rows]
    columns["winner"] = [row.race.winner == row.place for row in rows]
    return columns
