"""The leaf class of a row that has the device's facts."""

from typing import Any

from collector.contract.device_class import FACTS, DeviceClass, leaf

Row = dict[str, Any]
Leaves = dict[tuple[str, ...], DeviceClass]
"""Leaf classes that were made, by their facts."""


def leaf_of(row: Row, known: Leaves) -> DeviceClass:
    """One object per class: a large fleet has many visits and few classes."""
    facts = tuple(str(row[fact]) for fact in FACTS)
    if facts not in known:
        known[facts] = leaf(dict(zip(FACTS, facts, strict=True)))
    return known[facts]
