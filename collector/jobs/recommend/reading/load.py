"""Reads what decisions about an app are made from. Lookback and votes per leaf class and arm bound it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.published import published, read_version
from collector.jobs.recommend.reading.downloads import read_downloads
from collector.jobs.recommend.reading.incumbents import read_incumbents
from collector.jobs.recommend.reading.leaves import Leaves, leaf_of
from collector.jobs.recommend.reading.lent import read_lent
from collector.jobs.recommend.reading.races import load_races
from collector.jobs.recommend.reading.registered import (
    compressed_sizes,
    placed_variants,
    qualities,
    read_budgets,
    read_registered,
)
from collector.jobs.recommend.reading.sizes import read_sizes
from collector.jobs.recommend.reading.survey import Survey
from collector.jobs.recommend.reading.visits import ModelVisits, read_cells, read_visits
from collector.jobs.recommend.record import Reopened, read_reopened
from collector.jobs.recommend.settings import RecommendSettings
from collector.store.lending import Tables

LIVE_SHARE = 0.1


def load_inputs(
    store: Tables, settings: RecommendSettings, survey: Survey, *, app: str, now: datetime
) -> Iterator[ModelInputs]:
    """The inputs of each of an app's models that reported within the lookback and can be steered, by name.

    One model after the other is read, and none is held here while the next one is, so that the largest one
    bounds the memory.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    span = {"app": app, "since": lookback(settings, now), "until": now}
    asked = span | {"include_automated": settings.include_automated}
    leaves: Leaves = {}
    races = load_races(store, settings, app=app, since=lookback(settings, now), until=now)
    defaults: dict[str, dict[DeviceClass, dict[Backend, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in store.query("recommend_defaults", **asked):
        defaults[row["model"]][leaf_of(row, leaves)][Backend(row["backend"])] = int(row["sessions"])
    registered = read_registered(store, app)
    variants = qualities(registered)
    budgets = read_budgets(store, app)
    leaks = store.query("recommend_leaks", app=app)
    latest = list(store.query("recommend_latest", app=app))
    incumbents = read_incumbents(latest, settings)
    reopened: dict[str, dict[str, Reopened]] = defaultdict(dict)
    for row in latest:
        if (before := read_reopened(row["record"])) is not None:
            reopened[row["model"]][row["device_class"]] = before
    lent = read_lent(latest, since=lookback(settings, now))
    borrowing: dict[str, set[str]] = defaultdict(set)
    for model, lessons in lent.items():
        borrowing[model] = {key for key, each in lessons.items() if each.borrowed}
    versions = [
        read_version(row["day"], row["plans"])
        for row in store.query("recommend_plans", app=app, since=lookback(settings, now))
    ]
    cells = read_cells(store, leaves, asked)
    placed = placed_variants(registered)
    # What nobody asks is not read: of a large fleet either takes a while.
    weighed = {cell.model for cell in cells.values()} if settings.aim.bytes else placed.keys()
    downloads = read_downloads(store, cells, weighed - survey.watched, asked)
    sizes = read_sizes(store, cells.values(), registered, asked) if registered or weighed else {}
    compressed = compressed_sizes(registered)
    steered = {number: cell for number, cell in cells.items() if cell.model not in survey.watched}

    def inputs_of(read: ModelVisits) -> ModelInputs:
        live = live_releases(read.releases)
        leaking: dict[Backend, list[str]] = defaultdict(list)
        for row in leaks:
            if row["model"] == read.model and row["release"] in live:
                leaking[Backend(row["backend"])].append(row["finding_id"])
        return ModelInputs(
            app=app,
            model=read.model,
            visits=read.visits,
            sizes=sizes.get(read.model, {}),
            compressed=compressed.get(read.model, {}),
            placed=placed.get(read.model, frozenset()),
            loads=downloads.get(read.model),
            races=races.get(read.model, ()),
            totals=read.totals,
            published=published(
                versions, read.model, {day: counts.total() for day, counts in read.releases.items()}
            ),
            days=len(read.releases),
            defaults=dict(defaults[read.model]),
            variants=variants.get(read.model, {}),
            max_accuracy_loss=budgets.get(read.model),
            leaking=dict(leaking),
            incumbents=incumbents.get(read.model, {}),
            reopened=reopened[read.model],
            borrowing=frozenset(borrowing[read.model]),
            lent={
                model: lessons
                for model, lessons in lent.items()
                if model != read.model and model not in survey.watched
            },
        )

    yield from map(inputs_of, read_visits(store, steered, settings, asked))


def live_releases(by_day: Mapping[date, Counter[str]]) -> set[str]:
    """The releases that visitors run now: those with a tenth of the visits of the newest two days.

    What a release leaked says nothing of the one that took its place.
    """
    newest = sum((by_day[day] for day in sorted(by_day)[-2:]), Counter[str]())
    return {release for release, visits in newest.items() if visits >= LIVE_SHARE * newest.total()}


def reporting_apps(store: Tables, settings: RecommendSettings, *, now: datetime) -> list[str]:
    """Apps that reported within the lookback."""
    return [str(row["app"]) for row in store.query("recommend_apps", since=lookback(settings, now))]


def lookback(settings: RecommendSettings, now: datetime) -> datetime:
    """From when on telemetry is read."""
    return now - timedelta(days=settings.lookback_days)
