"""Whether most visitors run another version than they did: of browser, library, SDK or page."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.session_days import Labels, SessionDays

RECENT = 50
"""Session-days that tell what most visitors run now, and as many what they ran before."""
SEEN_BEFORE = 0.2
"""A version that had more than this share before is none that is new."""
SETTLED = 0.5
"""A new release of the page counts where one release had this share before: a page of which each commit is a
release does not start anew with each. What a release changes in cost, drift tells."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version that most visitors run since a time, and did not before."""

    kind: str
    name: str
    browser: str | None
    """The browser that it is a version of; None for a library, an SDK or a page."""
    since: float
    """In seconds since 1970."""

    def covers(self, days: SessionDays) -> Mask:
        """The session-days of other versions before that time."""
        names, of_row = _names(days, self.kind)
        other = np.array([name not in ("", self.name) for name in names], dtype=np.bool_)
        return _runs(days, self.browser) & (days.seen_at < self.since) & other[of_row]

    def concerns(self, device: DeviceClass) -> bool:
        """Whether a class may have visitors who run it."""
        browser = dict(device.facts).get("browser")
        return self.browser is None or browser is None or browser == self.browser


def new_versions(days: SessionDays) -> list[NewVersion]:
    """The new versions that some session-days show, by kind and browser."""
    browsers = sorted({dict(device.facts).get("browser", "") for device in days.devices} - {""})
    kinds: list[tuple[str, str | None]] = [
        *(("browser", browser) for browser in browsers),
        ("engine", None),
        ("sdk", None),
        ("release", None),
    ]
    return list(_found(days, kinds))


def _found(days: SessionDays, kinds: list[tuple[str, str | None]]) -> Iterator[NewVersion]:
    order = np.argsort(days.seen_at, kind="stable")
    order = order[np.isfinite(days.seen_at[order])]
    for kind, browser in kinds:
        names, of_row = _names(days, kind)
        told = np.array([name != "" for name in names], dtype=np.bool_)
        rows = order[(_runs(days, browser) & told[of_row])[order]]
        found = _newest(of_row[rows], days.seen_at[rows], settled=kind == "release")
        if found is not None:
            code, since = found
            yield NewVersion(kind, names[code], browser, since)


def _newest(codes: Labels, times: NDArray[np.float64], *, settled: bool) -> tuple[int, float] | None:
    """(the version that most of the newest session-days ran, since when it is that of most), if it is new."""
    if len(codes) < 2 * RECENT:
        return None
    counts = np.bincount(codes[-RECENT:])
    code = int(np.argmax(counts))
    mine = codes == code
    if counts[code] * 2 <= RECENT:
        return None
    # The split with the most of it after, and the fewest others.
    ahead = np.cumsum(np.where(mine, 1, -1)[::-1])[::-1]
    split = int(np.searchsorted(times, times[int(np.argmax(ahead))]))
    before = codes[:split]
    if len(before) < RECENT or mine[:split].mean() > SEEN_BEFORE:
        return None
    if settled and np.bincount(before).max() < SETTLED * len(before):
        return None
    return code, float(times[split])


def _names(days: SessionDays, kind: str) -> tuple[list[str], Labels]:
    """(a name for each number, the number of each row)."""
    if kind == "release":
        return list(days.releases), days.release
    names = [str(getattr(each, kind)) for each in days.version_sets]
    known = sorted(set(names))
    place = np.array([known.index(name) for name in names], dtype=np.int64)
    return known, place[days.versions] if names else days.versions


def _runs(days: SessionDays, browser: str | None) -> Mask:
    if browser is None:
        return np.ones(len(days), dtype=np.bool_)
    runs = [dict(device.facts).get("browser") == browser for device in days.devices]
    return np.array(runs, dtype=np.bool_)[days.device] if runs else np.zeros(0, dtype=np.bool_)
