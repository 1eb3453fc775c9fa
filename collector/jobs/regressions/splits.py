"""Where a version begins: what came before it is held against it and all that came after.

Everything since a version counts, not only its own sessions: an app that releases ten times a day has few
sessions of each, and a fault stays until it is mended.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.jobs.regressions.axes import AXES, BY_DAY, DAY, Axis, Order
from collector.jobs.regressions.votes import Column, Labels, Numbers, Votes

DAY_S = 86_400.0
RECENT_DAYS = (1, 3, 7)
"""Beside the newest two versions, the first ones of so many days are looked at."""
NEWEST = 2
NEVER = int(np.iinfo(np.int64).max)
MOST = 2**40


@dataclass(frozen=True, eq=False, slots=True)
class Ordered:
    """An axis, and where each cell stands on it."""

    axis: Axis
    rank: Labels
    """Of shape (cells,): place of the cell's version in its order; -1 when it is not known."""
    domain: Labels
    """Of shape (cells,): what versions are counted within."""
    domains: int
    label: Sequence[Sequence[str]]
    """By domain, then by rank."""


@dataclass(frozen=True, eq=False, slots=True)
class Split:
    """One version of each domain of an axis, held against what was before it."""

    axis: str
    since: Labels
    """By domain: the first rank (a day's number, of ``DAY``) that counts as new; ``NEVER`` for none."""


def combine(columns: Sequence[tuple[Labels, int]]) -> tuple[Labels, int]:
    """One label for each combination of several, dense from 0, and how many there are."""
    code, limit = columns[0]
    for labels, size in columns[1:]:
        if limit * size > MOST:
            code, limit = _dense(code, limit)
        code, limit = code * size + labels, limit * size
    return _dense(code, limit)


def _dense(code: Labels, limit: int) -> tuple[Labels, int]:
    if limit <= max(4 * len(code), 100_000):
        there = np.zeros(limit, dtype=bool)
        there[code] = True
        place = np.cumsum(there) - 1
        return place[code], int(place[-1]) + 1 if limit else 0
    names, dense = np.unique(code, return_inverse=True)
    return dense.astype(np.int64), len(names)


def joined(cells: Mapping[str, Column], names: Sequence[str]) -> tuple[Labels, int]:
    """``combine`` over columns of cells."""
    return combine([(cells[name].codes, len(cells[name].names)) for name in names])


def order_axis(axis: Axis, votes: Votes, release_order: Mapping[str, Sequence[str]]) -> Ordered:
    """Ranks the versions of every domain.

    The app's releases go by ``release_order`` (by app); one that is missing there is the newest. Unnamed
    versions ('' and 0) have no rank.
    """
    cells = votes.cells
    domain, domains = joined(cells, axis.within)
    column = cells[axis.name]
    rank = np.full(len(domain), -1, dtype=np.int64)
    label: list[list[str]] = [[] for _ in range(domains)]
    pairs, inverse = np.unique(np.stack([domain, column.codes]), axis=1, return_inverse=True)
    first = np.zeros(pairs.shape[1], dtype=np.int64)
    first[inverse.ravel()] = np.arange(len(domain))
    app_of = cells["app"]
    place = {app: {name: n for n, name in enumerate(names)} for app, names in release_order.items()}
    seen = _first_seen(votes, inverse.ravel(), pairs.shape[1]) if axis.order is Order.SEEN else np.zeros(0)
    ranks = np.full(pairs.shape[1], -1, dtype=np.int64)
    by_domain: dict[int, list[tuple[tuple[float, ...], str, int]]] = {}
    for index, (where, code) in enumerate(pairs.T):
        version = column.names[code]
        if not version:
            continue
        if axis.order is Order.RELEASES:
            app = app_of.names[app_of.codes[first[index]]]
            key: tuple[float, ...] = (place.get(app, {}).get(version, np.inf),)
        elif axis.order is Order.SEEN:
            key = (float(seen[index]),)
        else:
            key = (float(version),) if axis.order is Order.NUMBERS else _dotted(version)
        by_domain.setdefault(int(where), []).append((key, str(version), index))
    for where, found in by_domain.items():
        for n, (_, name, index) in enumerate(sorted(found)):
            ranks[index] = n
            label[where].append(name)
    rank[:] = ranks[inverse.ravel()]
    return Ordered(axis, rank, domain, domains, label)


def _first_seen(votes: Votes, version: Labels, versions: int) -> Numbers:
    """When each version was first seen; ``version`` of shape (cells,)."""
    at = np.full(versions, np.inf)
    np.minimum.at(at, version[votes.cell], votes.at)
    return at


def _dotted(version: str) -> tuple[float, ...]:
    """A key that orders ``tfjs/4.9.0``, ``tfjs/4.22.0-rc.1`` and ``tfjs/4.22.0`` like that."""
    number, dash, rest = version.rpartition("/")[2].partition("-")
    parts = [float(part) for part in re.findall(r"\d+", number)]
    return (*parts, -1.0 if dash else 0.0, *(float(part) for part in re.findall(r"\d+", rest)))


def choose_splits(ordered: Ordered, votes: Votes, min_sessions: int, now_s: float) -> list[Split]:
    """The newest versions of each domain that have votes enough, and the first ones of the last days."""
    most = max((len(names) for names in ordered.label), default=0)
    if most < 2:
        return []
    ranked = ordered.rank >= 0
    slot = np.where(ranked, ordered.domain * most + ordered.rank, 0)
    seen = ranked[votes.cell]
    rows = slot[votes.cell[seen]]
    size = ordered.domains * most
    counts = np.bincount(rows, minlength=size).reshape(ordered.domains, most)
    first_at = np.full((ordered.domains, most), np.inf)
    np.minimum.at(first_at.reshape(-1), rows, votes.at[seen])
    since_version = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    before_version = counts.cumsum(axis=1) - counts
    fits = (since_version >= min_sessions) & (before_version >= min_sessions) & (counts > 0)
    chosen: list[list[int]] = []
    for where in range(ordered.domains):
        ranks = np.flatnonzero(fits[where])
        picks = list(ranks[-NEWEST:])
        for days in RECENT_DAYS:
            recent = ranks[first_at[where, ranks] >= now_s - days * DAY_S]
            picks += list(recent[:1])
        chosen.append(sorted({int(pick) for pick in picks}, reverse=True))
    splits = []
    for n in range(max((len(picks) for picks in chosen), default=0)):
        since = np.array([picks[n] if n < len(picks) else NEVER for picks in chosen], dtype=np.int64)
        splits.append(Split(ordered.axis.name, since))
    return splits


def day_splits(apps: int, today: int) -> list[Split]:
    """Days against the days before: since today, and since so many days ago."""
    return [
        Split(DAY, np.full(apps, today - ago, dtype=np.int64)) for ago in (0, *(days for days in RECENT_DAYS))
    ]


def order_axes(votes: Votes, release_order: Mapping[str, Sequence[str]]) -> dict[str, Ordered]:
    """Every axis, ranked."""
    return {axis.name: order_axis(axis, votes, release_order) for axis in AXES}


def side_of(
    split: Split, ordered: Mapping[str, Ordered], votes_cell: Labels, day: Labels
) -> NDArray[np.int8]:
    """0 before, 1 since, -1 where it cannot be told; of shape (rows,)."""
    if split.axis in BY_DAY:
        return np.asarray(day >= split.since[0], dtype=np.int8)
    along = ordered[split.axis]
    since = split.since[along.domain]
    by_cell = np.where((along.rank < 0) | (since == NEVER), -1, along.rank >= since)
    answer: NDArray[np.int8] = by_cell.astype(np.int8)[votes_cell]
    return answer
