"""The browser's clock against ours.

A page's clock can be hours off. ``sent_at`` and the items' times share that clock, so an item's age is right
even when the time is not, and ``received_at - sent_at`` is what the clock is off by, plus the network's
delay.
"""

from typing import Any

from collector.contract.report import MAX_ITEM_AGE_MS, Report

NETWORK_DELAY_MS = 5_000
"""Below this, the difference is a delay on the way and not a skew of the clock."""
MAX_ITEM_LEAD_MS = 30 * 60 * 1000
"""How far after ``sent_at`` an item may claim to be: the clock can be set back between the two.

Such an item is kept with the time of its report. An item stays acceptable until ``MAX_ITEM_AGE_MS`` after the
time that it claims, and batch ids are remembered for an hour more than that: with a longer lead, a late retry
could be stored twice.
"""


def skew_of(received_at_ms: int, sent_at_ms: int) -> int:
    """Milliseconds to add to the browser's times; 0 when the difference can be the network's."""
    difference = received_at_ms - sent_at_ms
    return difference if abs(difference) > NETWORK_DELAY_MS else 0


def in_range(at_ms: int, sent_at_ms: int) -> bool:
    """Whether an item's time may belong to a report that was sent at ``sent_at_ms``."""
    return -MAX_ITEM_LEAD_MS <= sent_at_ms - at_ms <= MAX_ITEM_AGE_MS


def items_out_of_range(report: Report) -> dict[str, list[int]]:
    """Positions of items whose time cannot be right, by list; empty when all are."""
    sent_at = report.sent_at
    earliest, latest = sent_at - MAX_ITEM_AGE_MS, sent_at + MAX_ITEM_LEAD_MS
    times = {
        "windows": [item.started_at for item in report.windows],
        "loads": [item.at for item in report.loads],
        "incidents": [item.at for item in report.incidents],
        "exposures": [item.at for item in report.exposures],
        "stages": [item.started_at for item in report.stages],
        "races": [item.at for item in report.races],
        "leak_traces": [item.at for item in report.leak_traces],
    }
    return {
        name: [position for position, at in enumerate(values) if not earliest <= at <= latest]
        for name, values in times.items()
        if values and not (earliest <= min(values) and max(values) <= latest)
    }


def count_in_range(report: Any) -> int | None:
    """How many items a report (a struct of ``structs``) has; None when the time of one cannot be right."""
    sent_at = report.sent_at
    earliest, latest = sent_at - MAX_ITEM_AGE_MS, sent_at + MAX_ITEM_LEAD_MS
    items = 0
    for spans in (report.windows, report.stages):
        for item in spans:
            if not earliest <= item.started_at <= latest:
                return None
        items += len(spans)
    for moments in (report.loads, report.incidents, report.exposures, report.races, report.leak_traces):
        for item in moments:
            if not earliest <= item.at <= latest:
                return None
        items += len(moments)
    return items
