"""Every report, and every item, ends in exactly one counted outcome.

``received = accepted + duplicate + sum(rejected by reason)``, for reports and for items. The counts are
saved in the spool, accepted ones in the transaction that stores the report itself, so that the identity
holds to the unit after a ``kill -9`` too. ``stored`` and ``quarantined`` say what the drain did with the
accepted ones later.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from collector.contract.reasons import Reason


class Count(NamedTuple):
    """What is counted: ``unit`` is reports or items; ``reason`` is empty unless something was refused."""

    unit: str
    outcome: str
    reason: str = ""


REPORTS_ACCEPTED = Count("reports", "accepted")
REPORTS_DUPLICATE = Count("reports", "duplicate")
REPORTS_SET_ASIDE = Count("reports", "set_aside")
"""Accepted, and in a spool file that was found damaged before they were stored."""
REPORTS_STORED = Count("reports", "stored")
ITEMS_ACCEPTED = Count("items", "accepted")
ITEMS_DUPLICATE = Count("items", "duplicate")
ITEMS_STORED = Count("items", "stored")
UNKNOWN_FIELDS = Count("fields", "unknown")


class Ledger:
    """Counts of outcomes since the spool was made. Thread-safe.

    The spool's writer is the only one that saves: between ``begin_save`` and ``end_save`` lies its
    transaction.
    """

    def __init__(self, saved: Mapping[Count, int] | None = None) -> None:
        self._lock = threading.Lock()
        self._saved: Counter[Count] = Counter(saved or {})
        self._unsaved: Counter[Count] = Counter()
        self._saving: Counter[Count] = Counter()
        # What arrived is counted apart from how it ended, so that an outcome missed or counted twice shows.
        self._arrived = sum(n for count, n in self._saved.items() if _is_outcome(count, "reports"))

    def arrive(self) -> None:
        """Counts a report at the door, before anything is known of it."""
        with self._lock:
            self._arrived += 1

    def refuse(self, reason: Reason, items: Mapping[str, int] | None = None) -> None:
        """Counts a report refused as a whole, with what could be read of its items (by reason code)."""
        with self._lock:
            self._unsaved[Count("reports", "rejected", reason.code)] += 1
            for code, n in (items or {}).items():
                self._unsaved[Count("items", "rejected", code)] += n

    def add(self, counts: Mapping[Count, int]) -> None:
        """Counts outcomes that the next transaction is to save."""
        with self._lock:
            self._unsaved.update(counts)

    def begin_save(self) -> Counter[Count]:
        """What the transaction that starts now is to save; ``end_save`` must follow."""
        with self._lock:
            self._saving, self._unsaved = self._unsaved, Counter()
            return self._saving.copy()

    def end_save(self, counts: Mapping[Count, int], *, committed: bool) -> None:
        """The transaction ended. ``counts`` are its own: they exist only if it committed."""
        with self._lock:
            if committed:
                self._saved.update(self._saving)
                self._saved.update(counts)
            else:
                self._unsaved.update(self._saving)
            self._saving = Counter()

    def count_saved(self, counts: Mapping[Count, int]) -> None:
        """These counts were saved by a transaction of the caller's own."""
        with self._lock:
            self._saved.update(counts)

    def save_all_again(self, counts: Mapping[Count, int]) -> None:
        """The file with the counts is gone: the next transaction saves all of them, and ``counts`` too."""
        with self._lock:
            self._unsaved.update(self._saved)
            self._unsaved.update(counts)
            self._saved = Counter()

    def totals(self) -> dict[Count, int]:
        """Every count since the spool was made."""
        with self._lock:
            return dict(self._saved + self._saving + self._unsaved)

    @property
    def reports_received(self) -> int:
        """Reports that arrived, those still under way included."""
        with self._lock:
            return self._arrived


def settled(totals: Mapping[Count, int], unit: str) -> int:
    """How many reports or items have an outcome: accepted, duplicate or rejected."""
    return sum(n for count, n in totals.items() if _is_outcome(count, unit))


def _is_outcome(count: Count, unit: str) -> bool:
    return count.unit == unit and count.outcome in ("accepted", "duplicate", "rejected")
