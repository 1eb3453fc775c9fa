"""Variants of a model: built by a tool of its own, in an environment of its own (docs/adr/0022).

``tool`` finds it, ``installation`` sets it up and ``building`` runs it; the tool's own code is the folder
``converters`` of the repository. ``adding`` brings another model into a folder of variants; ``fitting`` says
whether it can stand in. ``evaluate`` measures variants in a real browser, ``canary`` records what they answer
there, and ``publishing`` brings their files to where pages load them from. What each of them leaves in the
folder is read by ``collector.variant_folder``.
"""

from collector.variants.adding import Added, add_variants
from collector.variants.building import BuildRefused, Order, Step, build_variants
from collector.variants.installation import Progress, SetupFailed, set_up
from collector.variants.tool import Tool, find_tool

__all__ = [
    "Added",
    "BuildRefused",
    "Order",
    "Progress",
    "SetupFailed",
    "Step",
    "Tool",
    "add_variants",
    "build_variants",
    "find_tool",
    "set_up",
]
