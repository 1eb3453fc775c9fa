"""What of an app's telemetry decisions leave out: models that nobody can steer, and automated browsers."""

from dataclasses import dataclass
from datetime import datetime

from collector.store.lending import Tables

LEAST_STEERABLE = 0.1
"""More than this share of a day's sessions must call a model steerable. A tenth of the sessions may be made
up, as in the decisions, and must not bring about a plan that no page can follow."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The models of one app over some days."""

    watched: frozenset[str]
    """Models that pages only have watched: no plan can choose their backend or variant."""
    automated: int
    """Session-days of browsers that a program drives, over all models that can be steered."""


def survey_models(store: Tables, *, app: str, since: datetime, until: datetime) -> Survey:
    """Looks at all models that an app reported between two times.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    rows = store.query("recommend_models", app=app, since=since, until=until)
    watched = frozenset(str(row["model"]) for row in rows if row["steerable"] <= LEAST_STEERABLE)
    return Survey(watched, sum(int(row["automated"]) for row in rows if row["model"] not in watched))
