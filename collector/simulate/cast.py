"""Who visits: one session after the other, drawn from a seed alone, so that a run can be played again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from collector.simulate.cells import Cell
from collector.simulate.day import Calendar
from collector.simulate.devices import DeviceName


@dataclass(frozen=True, slots=True)
class Fleet:
    """What kind of visitors there are."""

    sessions: int
    seed: int = 0
    predictions: int = 40
    """A session's usual number of predictions (the median; the log-sd is ``predictions_sd``)."""
    predictions_sd: float = 0.6
    device_sd: float = 0.2
    """Log-sd between installs on devices of one name."""
    session_sd: float = 0.2
    """Log-sd between sessions of one install; one session in twenty is three times as far off."""
    returning: float = 0.3
    """Share of sessions of installs that were there before."""
    hostile: float = 0.0
    """Share of sessions that make their reports up."""


@dataclass(frozen=True, slots=True)
class Session:
    """One visit, before it asks for its plan."""

    number: int
    cell: int
    """Which cell, by its index."""
    install: str
    """What the SDK keeps in the browser to draw its arm by; it is never sent."""
    slowness: float
    """By how much this install's device is slower than the table's."""
    days_ago: float
    hostile: bool


def cast_sessions(cells: list[Cell], fleet: Fleet, calendar: Calendar) -> Iterator[Session]:
    """The sessions of a fleet in the order in which they come."""
    random = np.random.default_rng(fleet.seed)
    installs: dict[DeviceName, list[tuple[str, float]]] = {}
    for number in range(fleet.sessions):
        days_ago = calendar.days_ago((number + 0.5) / fleet.sessions)
        cell = int(random.choice(len(cells), p=calendar.weights(days_ago)))
        known = installs.setdefault(cells[cell].name, [])
        returns, which, hostile = random.random(3)
        # Drawn also when it is not needed, so that another share leaves the other draws as they are.
        made = f"{random.integers(1 << 62):022d}", float(np.exp(fleet.device_sd * random.standard_normal()))
        if known and returns < fleet.returning:
            install, slowness = known[int(which * len(known))]
        else:
            install, slowness = made
            known.append(made)
        yield Session(number, cell, install, slowness, days_ago, bool(hostile < fleet.hostile))
