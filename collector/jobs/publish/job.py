"""The job: the newest decisions and canaries become a new config version, when they change anything."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.vocabulary import ORIGINAL
from collector.jobs.publish.canaries import choose_canaries
from collector.jobs.publish.plan import Place, Places, make_plans, with_canaries
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.publish.size import DocumentTooLarge, check_size
from collector.jobs.publish.versions import ConfigVersion, append, read_active
from collector.jobs.recommend.reading.survey import survey_models
from collector.jobs.recommend.record import DecisionRecord
from collector.store.columns import millisecond
from collector.store.lending import Tables

JOB = "job"


class Publication(BaseModel):
    """What happened to one app's config."""

    model_config = ConfigDict(frozen=True)

    app: str
    version: int = Field(description="The active version now; 0 when there is none")
    published: bool
    classes: int = Field(description="Device classes with a plan in the active version")
    reason: str = Field(description="Why a version was made, or was not")
    refused: list[str] = Field(description="Arms and canaries that were left out, and why")


class PublishSummary(BaseModel):
    """What a run of ``publish`` did."""

    model_config = ConfigDict(frozen=True)

    publications: list[Publication]


def run(
    store: Tables,
    settings: PublishSettings,
    *,
    now: datetime,
    app: str | None = None,
    author: str = JOB,
    note: str = "",
) -> PublishSummary:
    """Publishes one app's newest decisions, or every app's.

    A rollback or kill holds against the schedule: the job (``author="job"``) leaves the app alone until a
    person publishes or enables it.

    Args:
        store: where decisions are read and versions are written.
        settings: what may be published.
        now: aware, UTC.
        app: None for all.
        author: who asked, for the audit trail.
        note: why, for the audit trail; before what the job says of the version itself.

    Raises:
        DocumentTooLarge: an app's config would be over the limit; it keeps the version it has, and the other
            apps are published.
        VersionConflict: somebody published at the same moment; run it again.
        StoreUnavailable: the store does not answer; run it again later.
    """
    apps = [app] if app is not None else [str(row["app"]) for row in store.query("config_apps")]
    publications, too_large = [], []
    for name in apps:
        try:
            publications.append(_publish(store, settings, app=name, now=now, author=author, note=note))
        except DocumentTooLarge as error:  # its owner's to mend; the other apps do not wait for that
            too_large.append(str(error))
    if too_large:
        raise DocumentTooLarge("\n".join(too_large))
    return PublishSummary(publications=publications)


def _publish(
    store: Tables, settings: PublishSettings, *, app: str, now: datetime, author: str, note: str
) -> Publication:
    active = read_active(store, app)
    number = active.version if active else 0
    if active is not None and author == JOB and active.action in ("rollback", "kill"):
        return Publication(
            app=app,
            version=number,
            published=False,
            classes=len(active.plans),
            reason=f"held: {active.author} made version {number} ({active.action}); publish by hand",
            refused=[],
        )
    oldest = now - timedelta(days=settings.max_decision_age_days)
    # A decision may be older than the release that stopped loading its model by config.
    watched = survey_models(store, app=app, since=oldest, until=now).watched
    records = [
        DecisionRecord.model_validate_json(row["record"])
        for row in store.query("recommend_latest", app=app)
        if row["decided_at"] >= oldest and row["model"] not in watched
    ]
    planned = make_plans(records, _read_places(store, app), settings)
    by_hand = settings.canaries.get(app, {})
    plans = with_canaries(planned.plans, by_hand)
    chosen = choose_canaries(store, app, plans, by_hand)
    refused = [*planned.refused, *chosen.left_out]
    if (plans, chosen.canaries) == ((active.plans, active.canaries) if active else ({}, {})):
        return Publication(
            app=app,
            version=number,
            published=False,
            classes=len(planned.plans),
            reason="nothing changed"
            if records or chosen.canaries
            else "no decision to publish: run `inferfleet recommend` first",
            refused=refused,
        )
    reason = f"{len(records)} decisions, {len(planned.plans)} classes with a plan"
    if chosen.canaries:
        reason += f", canaries of {', '.join(sorted(chosen.canaries))}"
    version = ConfigVersion(
        app=app,
        version=number + 1,
        created_at=millisecond(now),
        author=author,
        action="publish",
        note=f"{note}: {reason}" if note else reason,
        enabled=active.enabled if active else True,
        sample_rate=active.sample_rate if active else 1.0,
        plans=plans,
        canaries=chosen.canaries,
    )
    check_size(version, settings.max_document_bytes)
    append(store, version)
    return Publication(
        app=app,
        version=version.version,
        published=True,
        classes=len(planned.plans),
        reason=reason,
        refused=refused,
    )


def _read_places(store: Tables, app: str) -> Places:
    """Where variants are. The original is where the page has it, whatever the registry says."""
    return {
        (row["model"], row["variant"]): None
        if row["removed"]
        else Place(str(row["url"]), row["integrity"] or None)
        for row in store.query("recommend_variants", app=app)
        if row["variant"] != ORIGINAL and (row["url"] or row["removed"])
    }
