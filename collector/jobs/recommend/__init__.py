"""Decides for each kind of device which backend and variant run a model; ``explain`` tells why."""

from collector.jobs.recommend.job import Outcome, RecommendSummary, run
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.explain import describe, explain, newest_decisions

__all__ = [
    "DecisionRecord",
    "Outcome",
    "RecommendSettings",
    "RecommendSummary",
    "describe",
    "explain",
    "newest_decisions",
    "run",
]
