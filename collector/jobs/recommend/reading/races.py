"""Reads races. Arms that one device ran one after the other differ by nothing that devices differ in."""

from collections import defaultdict
from datetime import datetime

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import Backend, RaceAsk, RaceOutcome
from collector.jobs.recommend.arms import ArmKey, capable_backends
from collector.jobs.recommend.inputs import Race, RacedArm
from collector.jobs.recommend.reading.leaves import Leaves, Row, leaf_of
from collector.jobs.recommend.settings import RecommendSettings
from collector.store.lending import Tables

VOTES_A_RACE = 10


def load_races(
    store: Tables, settings: RecommendSettings, *, app: str, since: datetime, until: datetime
) -> dict[str, list[Race]]:
    """The races of an app between two times, by model.

    At most a tenth of ``votes_per_arm`` of each leaf class: a race varies a tenth as much as sessions do.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    leaves: Leaves = {}
    races: dict[str, list[Race]] = defaultdict(list)
    for row in store.query(
        "recommend_races",
        app=app,
        since=since,
        until=until,
        votes=max(settings.min_races, settings.votes_per_arm // VOTES_A_RACE),
        include_automated=settings.include_automated,
    ):
        races[row["model"]].append(_race(row, leaf_of(row, leaves)))
    return dict(races)


def _race(row: Row, device: DeviceClass) -> Race:
    return Race(
        device=device,
        arms=_arms(row),
        session=row["session"],
        day=row["day"],
        arrived=row["arrived"],
        release=row["release"],
        asked=RaceAsk(row["asked"]),
        capable=capable_backends(
            wasm_simd=bool(row["has_simd"]),
            wasm_threads=bool(row["has_threads"]),
            webgl=int(row["has_webgl"]),
            webgpu=bool(row["has_webgpu"]),
        ),
    )


def _arms(row: Row) -> dict[ArmKey, RacedArm]:
    starts: dict[str, float] = {}
    for backend, start in zip(row["backends"], row["start_ms"], strict=True):
        if start is not None:
            starts.setdefault(backend, start)
    names = ("backends", "variants", "outcomes", "load_ms", "first_ms", "ready_ms", "won")
    arms: dict[ArmKey, RacedArm] = {}
    for backend, variant, outcome, load, first, ready, won in zip(
        *(row[name] for name in names), strict=True
    ):
        key = ArmKey(Backend(backend), variant)
        arm = RacedArm(
            outcome=RaceOutcome(outcome),
            ready_ms=ready,
            start_ms=None if first is None else starts.get(backend, 0.0) + (load or 0.0) + first,
            won=bool(won),
        )
        arms[key] = _better_known(arms[key], arm) if key in arms else arm
    return arms


def _better_known(first: RacedArm, second: RacedArm) -> RacedArm:
    """Of an arm that ran twice, under two names: what won, else what was measured, else the first."""
    return max(first, second, key=lambda arm: (arm.won, arm.outcome is RaceOutcome.MEASURED))
