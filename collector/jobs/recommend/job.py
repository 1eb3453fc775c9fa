"""The job: load, decide, write."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from collector.jobs.recommend.deciding import decide_all
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.reading.load import load_inputs, lookback, reporting_apps
from collector.jobs.recommend.reading.survey import survey_models
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.write import write_records
from collector.store.lending import Tables


class Outcome(BaseModel):
    """What was decided for one model on one device class."""

    model_config = ConfigDict(frozen=True)

    app: str
    model: str
    device_class: str
    state: str
    backend: str | None
    variant: str | None
    expected_ratio: float | None = Field(description="Recommended cost over the default's")
    reason: str


class RecommendSummary(BaseModel):
    """What a run of ``recommend`` did."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    apps: list[str]
    visits: int = Field(description="Session-days read")
    automated: int = Field(description="Session-days of automated browsers that were left out")
    watched: int = Field(description="Models that no plan can steer: they are watched, not decided about")
    decided: dict[str, int] = Field(description="Decisions by state")
    outcomes: list[Outcome] = Field(description="At most 100, the widest classes first")


MAX_OUTCOMES = 100


def run(
    store: Tables,
    settings: RecommendSettings,
    *,
    now: datetime,
    app: str | None = None,
    objectives: Mapping[str, str] | None = None,
) -> RecommendSummary:
    """Decides for one app, or for every app that reported within the lookback, and stores the records.

    Args:
        store: where telemetry is read and decisions are written.
        settings: the thresholds.
        now: aware, UTC; the only clock.
        app: None for all.
        objectives: app -> its own objective, in its text form; without one the settings' holds.

    Raises:
        StoreUnavailable: the store does not answer; run it again later.
        ValueError: an objective is none that this version knows; the other apps were decided about.
    """
    apps = [app] if app is not None else reporting_apps(store, settings, now=now)
    records: list[DecisionRecord] = []
    visits, automated, watched = 0, 0, 0
    unknown: list[ValueError] = []
    for name in apps:
        try:
            own = _own(settings, name, (objectives or {}).get(name))
        except ValueError as error:
            unknown.append(error)
            continue
        survey = survey_models(store, app=name, since=lookback(settings, now), until=now)
        automated += 0 if settings.include_automated else survey.automated
        watched += len(survey.watched)
        read: list[int] = []
        models = map(partial(_count, read), load_inputs(store, own, survey, app=name, now=now))
        for decided in decide_all(models, own):
            records.extend(decided)
        visits += sum(read)
    run_id = hashlib.sha256("\x1f".join([now.isoformat(), *apps]).encode()).hexdigest()[:16]
    write_records(store, records, run_id=run_id, now=now)
    if unknown:
        raise unknown[0]
    return RecommendSummary(
        run_id=run_id,
        apps=apps,
        visits=visits,
        automated=automated,
        watched=watched,
        decided=dict(sorted(Counter(record.state for record in records).items())),
        outcomes=[_outcome(record) for record in sorted(records, key=_by_width)[:MAX_OUTCOMES]],
    )


def _own(settings: RecommendSettings, app: str, objective: str | None) -> RecommendSettings:
    """The settings with the app's own objective, if it has one."""
    try:
        return settings.for_objective(objective)
    except ValueError as error:
        raise ValueError(
            f"this version does not know the objective {objective!r} of app {app!r}; set one with "
            f"`inferfleet apps set --app {app} --objective NAME`: {error}"
        ) from error


def _count(read: list[int], inputs: ModelInputs) -> ModelInputs:
    """The same inputs; ``read`` gets their session-days."""
    read.append(len(inputs.visits))
    return inputs


def _by_width(record: DecisionRecord) -> tuple[int, str, str, str]:
    return record.level, record.app, record.model, record.device_class


def _outcome(record: DecisionRecord) -> Outcome:
    return Outcome(
        app=record.app,
        model=record.model,
        device_class=record.device_class,
        state=record.state,
        backend=record.recommended[0] if record.recommended else None,
        variant=record.recommended[1] if record.recommended else None,
        expected_ratio=record.expected_ratio,
        reason=record.reason,
    )
