"""Decides for each kind of device which backend and variant run a model; ``explain`` tells why."""

from collector.jobs.recommend.explain import explain
from collector.jobs.recommend.job import Outcome, RecommendSummary, run
from collector.jobs.recommend.settings import RecommendSettings

__all__ = ["Outcome", "RecommendSettings", "RecommendSummary", "explain", "run"]
