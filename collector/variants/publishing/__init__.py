"""Puts the files of variants where pages load them from, named by their content, and removes them again."""

from collector.variants.publishing.manifest import BadVariants, BuiltVariants, read_built
from collector.variants.publishing.pruning import PruneSummary, prune
from collector.variants.publishing.published import PublishedVariant, PublishedVariants
from collector.variants.publishing.sending import PublishedSummary, publish
from collector.variants.publishing.target import DamagedFile, Target

__all__ = [
    "BadVariants",
    "BuiltVariants",
    "DamagedFile",
    "PruneSummary",
    "PublishedSummary",
    "PublishedVariant",
    "PublishedVariants",
    "Target",
    "prune",
    "publish",
    "read_built",
]
