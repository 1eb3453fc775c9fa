"""Puts the files of variants where pages load them from, named by their content, and removes them again."""

from collector.variants.publishing.pruning import PruneSummary, prune
from collector.variants.publishing.sending import PublishedSummary, publish
from collector.variants.publishing.target import DamagedFile, Target

__all__ = ["DamagedFile", "PruneSummary", "PublishedSummary", "Target", "prune", "publish"]
