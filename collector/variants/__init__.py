"""Variants of a model: built by a tool of its own, in an environment of its own (docs/adr/0022).

``tool`` finds it, ``installation`` sets it up, ``building`` runs it, and ``record`` is what it leaves:
DIR/variants.json. ``adding`` brings another model into such a folder; ``fitting`` says whether it can
stand in. The tool's own code is the folder ``converters`` of the repository. ``evaluate`` measures variants
in a real browser, and ``publishing`` brings their files to where pages load them from.
"""

from collector.variants.adding import Added, add_variants
from collector.variants.building import BuildRefused, Order, Step, build_variants
from collector.variants.installation import Progress, SetupFailed, set_up
from collector.variants.record import BadRecord, Variant, VariantSet, read_variants
from collector.variants.tool import Tool, find_tool

__all__ = [
    "Added",
    "BadRecord",
    "BuildRefused",
    "Order",
    "Progress",
    "SetupFailed",
    "Step",
    "Tool",
    "Variant",
    "VariantSet",
    "add_variants",
    "build_variants",
    "find_tool",
    "read_variants",
    "set_up",
]
