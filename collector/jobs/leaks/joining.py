"""Points of sessions' windows, in any order, joined into a series for each session: many at once."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from collector.contract.finding import FindingKind
from collector.jobs.leaks.series import SIGNALS, Joined, Values

RESTORED_POINTS = 11
"""Points put back into a run without change: enough for each stretch of a session that is one long run."""
AT_ONE_TIME = 20_000
"""Points that are joined at one time: what is put back may be eleven times as many."""


def join_points(points: Values, lengths: Sequence[int]) -> Iterator[Joined]:
    """Joins the points of each session's windows into one series.

    Points, of shape (n, 7), are (predictions so far, which load, then ``SIGNALS`` or -1 where the backend
    tells none); the first ``lengths[0]`` are the first session's, and so on. They are ordered by the
    prediction count, which only ascends in a session; times are corrected per report, and jitter. A count
    that occurs twice (the end of a window, the start of the next) keeps its smaller value. The inner points
    of a run without change, which the SDK leaves out, are put back.
    """
    first, start, end = 0, 0, 0
    for at, length in enumerate(lengths):
        if at > first and end - start + length > AT_ONE_TIME:
            yield from _join(points[start:end], lengths[first:at])
            first, start = at, end
        end += length
    yield from _join(points[start:end], lengths[first:])


def _join(points: Values, lengths: Sequence[int]) -> Iterator[Joined]:
    session = np.repeat(np.arange(len(lengths)), lengths)
    order = np.lexsort((points[:, 0], session))
    counts, values = points[order, 0], points[order, 1:]
    starts = _first_of_each(session, counts)
    if len(starts):
        values = np.minimum.reduceat(values, starts, axis=0)
    session, counts, values = _restore_runs(session[starts], counts[starts], values)
    bounds = np.searchsorted(session, np.arange(len(lengths) + 1)).tolist()
    for begin, end in pairwise(bounds):
        yield _joined(counts[begin:end], values[begin:end])


def _first_of_each(session: Values, counts: Values) -> NDArray[np.intp]:
    """Where each session's next prediction count begins; both ascend."""
    if not len(session):
        return np.zeros(0, dtype=np.intp)
    changes = (session[1:] != session[:-1]) | (counts[1:] != counts[:-1])
    return np.flatnonzero(np.concatenate([[True], changes]))


def _restore_runs(session: Values, counts: Values, values: Values) -> tuple[Values, Values, Values]:
    """Puts points between two neighbours that are equal in every signal; the first of ``values`` is the load.

    The SDK sends the two ends of such a run only. Without its inside a page that holds its memory would show
    two points a window, too few to vote, and only leaking pages would be counted.
    """
    level = (session[1:] == session[:-1]) & (values[1:, 1:] == values[:-1, 1:]).all(axis=1)
    left, gap = counts[:-1][level], np.diff(counts)[level]
    steps = np.arange(1, RESTORED_POINTS + 1)
    inside = (left[:, None] + gap[:, None] * steps // (RESTORED_POINTS + 1)).ravel()
    session = np.concatenate([session, np.repeat(session[:-1][level], RESTORED_POINTS)])
    counts = np.concatenate([counts, inside])
    values = np.concatenate([values, np.repeat(values[:-1][level], RESTORED_POINTS, axis=0)])
    # Stable: of a point and one that is put back in its place, the point stays.
    order = np.lexsort((counts, session))
    order = order[_first_of_each(session[order], counts[order])]
    return session[order], counts[order], values[order]


def _joined(predictions: Values, values: Values) -> Joined:
    loads, *columns = np.ascontiguousarray(values.T)
    signals: dict[FindingKind, Values] = {
        kind: column for kind, column in zip(SIGNALS, columns, strict=True) if (column >= 0).all()
    }
    return Joined(predictions, signals, loads if (loads != loads[:1]).any() else None)
