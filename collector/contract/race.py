"""Races: arms that ran one after the other on one device."""

from typing import Any, Self

from pydantic import model_validator

from collector.contract.fields import wire_field
from collector.contract.vocabulary import Backend, Engine, RaceAsk, RaceInput, RaceOutcome
from collector.contract.wire_model import EpochMs, Name, WireModel

MAX_RACE_BUDGET_MS = 60_000
MAX_RACE_RUNS = 10_000


class RaceResult(WireModel):
    """One arm of a race: how far it came, and how fast it was."""

    backend: Backend = wire_field("What executed the model")
    variant: Name = wire_field(
        "The variant's name, for example float16", sensitivity="application", default="original"
    )
    outcome: RaceOutcome = wire_field("What became of the arm")
    start_ms: float | None = wire_field("Start of the backend", unit="ms", ge=0, le=3.6e6, default=None)
    load_ms: float | None = wire_field(
        "Load and build of the model, from the cache where it can be", unit="ms", ge=0, le=3.6e6, default=None
    )
    first_ms: float | None = wire_field(
        "First prediction until ready: shader compilation included", unit="ms", ge=0, le=3.6e6, default=None
    )
    ready_ms: float | None = wire_field(
        "Median of the warm predictions until ready; a measured arm has it",
        unit="ms",
        ge=0,
        le=3.6e6,
        default=None,
    )
    runs: int = wire_field("Warm predictions made", ge=0, le=MAX_RACE_RUNS, default=0)


def check_race(race: Any) -> None:
    """What the fields of a race cannot say each for itself.

    Raises:
        ValueError: a measured arm has no time, or the winner was not measured.
    """
    results = race.results
    measured = [result.outcome == RaceOutcome.MEASURED for result in results]
    for result, was_measured in zip(results, measured, strict=True):
        if was_measured and (result.ready_ms is None or result.runs < 1):
            raise ValueError("a measured arm has made warm predictions and tells their median")
    if race.winner is not None and (race.winner >= len(results) or not measured[race.winner]):
        raise ValueError("the winner is one of the measured arms")


class Race(WireModel):
    """Arms that ran one after the other on one device, before the model was handed over: paired times."""

    CHECK = check_race

    model: Name = wire_field("The model's name, as the page gave it", sensitivity="application")
    steerable: bool = wire_field(
        "A plan can choose backend or variant; false for a model that the page only had watched", default=True
    )
    engine: Engine = wire_field("The inference library", default=Engine.TFJS)
    at: EpochMs = wire_field("When the race began", unit="ms", ge=0, le=1 << 46)
    asked: RaceAsk = wire_field("Who wanted the race")
    budget_ms: int = wire_field("The time that it had", unit="ms", ge=0, le=MAX_RACE_BUDGET_MS)
    spent_ms: float = wire_field("The time that it took", unit="ms", ge=0, le=3.6e6)
    input: RaceInput = wire_field("What the predictions ran on")
    results: list[RaceResult] = wire_field(
        "The arms, in the order that they ran", min_length=1, max_length=16
    )
    winner: int | None = wire_field(
        "Position in results of the arm that the model then ran on; none when the race chose none",
        ge=0,
        le=15,
        default=None,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_race(self)
        return self
