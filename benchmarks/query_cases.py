"""Every question that the product asks its store, with parameters of a busy app."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from collector.api.fleet.answer import LIMITS, MAX_SECONDS
from collector.api.fleet.request import interval_for
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.recommend.reading.downloads import LEAST_BYTES
from collector.jobs.recommend.settings import RecommendSettings
from collector.store.named_queries import load_query, query_names
from dashboards.macros import expand
from dashboards.panels import PANELS

APP = "video"
"""The busiest of the generated apps: six windows of ten."""

MODEL = "blazeface"
"""One of its three models."""

UNTIMED = LIMITS.replace(f"max_execution_time = {MAX_SECONDS}", "max_execution_time = 0")
"""The fleet page's limits but for time, which is what is measured."""

_APPS = {
    "apps_newest": "",
    "apps_version": "app-7",
    "audit_apps": "",
    "audit_configs": "",
    "audit_deletions": "",
    "audit_models": "",
    "audit_variants": "",
}
"""Not the busiest: all apps, or one that the store keeps."""

_OF_JOBS = ("leaks_", "recommend_", "regressions_")
PANEL_RANGES = {"day": timedelta(days=1), "month": timedelta(days=28)}
_PARAMETER = re.compile(r"\{(\w+):")


class Case(NamedTuple):
    """A query as the product asks it."""

    name: str
    sql: str
    parameters: dict[str, Any]
    by_job: bool = False
    """Asked for columns, in no hurry: with one thread of an embedded engine."""


def cases(
    now: datetime, *, chosen: Sequence[str] = (), limits: Mapping[int, int] | None = None
) -> Iterator[Case]:
    """All named queries, over the lookback of the job that asks them, and all panels over a day and a month.

    ``chosen`` are the sessions that ``leaks_series`` asks for, ``limits`` the cells of which
    ``recommend_visits`` reads a sample.

    Raises:
        KeyError: a query has a parameter that no value is given for here.
    """
    for name in query_names():
        sql = load_query(name)
        sampled = limits or {}
        values = {
            **_values(name, now),
            "chosen": chosen,
            "cells": list(sampled),
            "limits": list(sampled.values()),
        }
        used = {parameter: values[parameter] for parameter in _PARAMETER.findall(sql)}
        yield Case(name, sql, used, by_job=name.startswith(_OF_JOBS))
    for panel in PANELS.values():
        for span, length in PANEL_RANGES.items():
            query = expand(
                panel.sql,
                since=now - length,
                until=now,
                interval_s=interval_for(length),
                variables={"app": APP, "model": None, "release": None},
            )
            yield Case(f"panel_{panel.id}_{span}", f"{query.sql}\n{UNTIMED}", query.parameters)


def _values(name: str, now: datetime) -> dict[str, Any]:
    recommend, leaks = RecommendSettings(), LeakSettings()
    lookback = {
        "leaks": leaks.lookback,
        "recommend": timedelta(days=recommend.lookback_days),
        "fleet": timedelta(days=90),
    }.get(name.partition("_")[0], timedelta(days=1))
    return {
        "app": _APPS.get(name, APP),
        "model": MODEL,
        "models": [MODEL],
        "least": float(LEAST_BYTES),
        "variant": "original",
        "release": "1.4.0",
        "backend": "webgl",
        "since": now - lookback,
        "until": now,
        "sessions": leaks.judged_sessions,
        "quantile": recommend.aim.quantile,
        "names": [],
        "largest": [],
        "votes": recommend.votes_per_arm,
        "include_automated": recommend.include_automated,
        "version": 7,
        "limit": 20,
    }
