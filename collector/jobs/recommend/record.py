"""The decision record: why a class runs a model the way it does. Stored as JSON in ``decisions.record``."""

import math
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.settings import RecommendSettings

State = Literal["committed", "exploring", "insufficient"]
Doubt = Literal["classes_disagree", "no_common_support"]
"""Why a class commits to no arm although it has the votes: its kinds of device do not agree on one, or its
arms ran on different kinds of device or in different releases, so that nothing compares them."""


def _six_digits(value: float) -> float:
    """Drops the digits that depend on the order of a sum, so that the same inputs give the same bytes."""
    return float(f"{value:.6g}") if math.isfinite(value) else value


Figure = Annotated[float, PlainSerializer(_six_digits, return_type=float)]


class RecordPart(BaseModel):
    """A part of a decision record."""

    model_config = ConfigDict(frozen=True)


class Interval(RecordPart):
    """A confidence sequence at its present size. An open end is null."""

    low: Figure | None
    high: Figure | None


class Gate(RecordPart):
    """One gate's answer."""

    gate: Literal["data", "capability", "errors", "incidents", "killed", "leak", "accuracy", "agreement"]
    passed: bool
    lacks_data: bool = Field(default=False, description="It did not pass only because too little is known")
    rare: bool = Field(
        default=False, description="It did not pass only because most devices here lack the backend"
    )
    detail: str = Field(description="The figures, for a person")


class ArmEvidence(RecordPart):
    """What is known of one arm in one class."""

    backend: Backend
    variant: str
    sessions: int = Field(description="Session-days in this class")
    races: int = Field(default=0, description="Races in this class that measured it")
    votes: int = Field(description="Those that have a cost")
    predictions: int
    cost_ms: Figure | None = Field(
        description="Trimmed geometric mean of per-session costs in this class, on the devices of the arm "
        "that most sessions ran; null for an arm that shares no leaf class with it"
    )
    spread: Figure | None = Field(
        description="Standard deviation of log cost inside leaf classes, winsorised, with its prior"
    )
    ready_ms: Figure | None = Field(description="Median of the sessions' steady latency")
    start_ms: Figure | None = Field(description="Median of load + start + first prediction")
    bytes: Figure | None = Field(
        default=None,
        description="Size of the variant's files; null when nobody told it",
    )
    ratio_to_best: Figure | None = Field(
        description="Cost over the recommended arm's, compared inside leaf classes; null where none ran both"
    )
    ratio_interval: Interval | None = Field(description="Valid however often one looks")
    borrowed_cost_ms: Figure | None = Field(
        description="Posterior mean, with what the parent classes know; a prediction where no session ran it"
    )
    predicted: bool = Field(
        default=False,
        description="No session has run it: what it costs is told from the original's cost and its bytes",
    )
    best_probability: Figure = Field(description="Posterior chance of being the cheapest of those that pass")
    passed: bool
    gates_from: str = Field(description="The class whose sessions the gates looked at: this one, or a parent")
    gates: list[Gate]


class Download(RecordPart):
    """What a byte of the model's files costs the visitors of a class."""

    mbit_s: Figure = Field(description="Usual rate of a download, in Mbit/s")
    cached_share: Figure = Field(description="Usual share of loads that came from the browser's cache")
    loads: int = Field(description="Session-days in this class that measured a download")
    measured_in: str | None = Field(
        description="The nearest class, this one or a parent, with enough of them to say most of the rate"
    )
    measured: bool = Field(
        description="Whether any were measured here or above; if not, the rate is an assumption"
    )


class Propensity(RecordPart):
    """The share of installs that a plan gives an arm."""

    backend: Backend
    variant: str
    probability: Figure
    why: Literal["recommended", "candidate", "exploration", "holdback"]


class RaceShare(RecordPart):
    """Who is to measure arms against each other on one device."""

    share: Figure = Field(description="The share of installs that race")
    arms: list[tuple[Backend, str]] = Field(description="The arms, the recommended one first")


class Able(RecordPart):
    """What devices run that have a backend which most of the class lack."""

    recommended: tuple[Backend, str]
    share: Figure = Field(description="The share of sessions here whose device has the recommended backend")
    best_probability: Figure = Field(
        description="Posterior chance of the recommended arm to be the cheapest on such devices"
    )
    propensities: list[Propensity]
    race: RaceShare | None = None


class Change(RecordPart):
    """Something that happened at a time, so that what came before decides nothing any more."""

    why: Literal["drift", "version"]
    device_class: str = Field(description="Where it was seen: the class itself or one above it")
    since: datetime
    what: str = Field(description="For a person")


class VariantStanding(RecordPart):
    """What one variant is worth in a class: bytes, quality and speed, on the backend that suits it best."""

    variant: str
    verdict: Literal["chosen", "passed", "unproven", "refused"] = Field(
        description="chosen: it is recommended; passed: on some backend it passes every gate; unproven: it "
        "lacks sessions, and nothing else; refused: it fails a gate on each backend"
    )
    why: str = Field(description="For a person: the gates that it does not pass, with their figures")
    backend: Backend | None = Field(description="Where it is best here; null where nothing is known of it")
    bytes: Figure | None = Field(description="Of its files")
    brotli_bytes: int | None = Field(description="What a page gets of them with brotli")
    accuracy: Figure | None
    accuracy_of: str = Field(description="The metric of the accuracy")
    agreement: Figure | None = Field(description="Share of outputs that agree with the original's")
    sessions: int = Field(description="Session-days on that backend in this class")
    ready_ms: Figure | None = Field(description="Steady latency on that backend, as the arm's")
    start_ms: Figure | None = Field(description="Load + backend start + first prediction, as the arm's")
    cost_ms: Figure | None = Field(description="Cost by the objective, as the arm's; else what is believed")


class Reopened(RecordPart):
    """Why a class does not take for granted what it knew."""

    changes: list[Change]
    incumbent: tuple[Backend, str] | None = Field(
        default=None, description="The arm that was committed to before, until it is again or another is"
    )


class Shown(RecordPart):
    """How an arm's own evidence differs in a class from the rest of the class above; of the root, its effect.

    Only differences between arms mean something. The app's other models borrow it.
    """

    backend: Backend
    mean: Figure = Field(description="Difference of log cost")
    variance: Figure


class DecisionRecord(RecordPart):
    """One decision: for an app, a model and a device class."""

    v: Literal[1] = 1
    app: str
    model: str
    device_class: str
    level: int
    state: State
    reason: str = Field(description="One sentence for a person")
    recommended: tuple[Backend, str] | None
    default: tuple[Backend, str] | None = Field(description="What the engine picks by itself")
    default_source: Literal["observed", "engine_priority"] | None
    expected_ratio: Figure | None = Field(description="Recommended cost over the default's")
    expected_interval: Interval | None
    usual_predictions: Figure = Field(
        description="Predictions of a usual session here: what start-up is spread over. A median, nearer to "
        "the parent class's the fewer the sessions"
    )
    download: Download | None = Field(
        default=None,
        description="What bytes cost here; null where nothing that is decided depends on it",
    )
    variants: list[VariantStanding] = Field(
        default_factory=list,
        description="Each variant of the model that is registered or ran: its bytes, quality and speed here",
    )
    sessions_a_day: Figure = Field(default=0, description="Session-days here, over the days that were read")
    follows: str | None = Field(
        default=None, description="The parent class whose plan this class uses, if so"
    )
    doubt: Doubt | None = Field(
        default=None, description="Why no arm is committed to although the votes would allow it"
    )
    doubted_by: list[str] = Field(
        default_factory=list, description="The classes that disagree, or the arms that cannot be compared"
    )
    reopened: Reopened | None = Field(
        default=None, description="Why the class looks again at what it knew; null when it does not"
    )
    arms: list[ArmEvidence]
    untried: list[Backend] = Field(description="Backends that devices here have and no session has run")
    propensities: list[Propensity]
    race: RaceShare | None = Field(default=None, description="The races that would teach more; null for none")
    able: Able | None = Field(
        default=None, description="For devices that have a backend which most here lack; null where none is"
    )
    shows: list[Shown] = Field(
        default_factory=list, description="What other models of the app may borrow; original variants only"
    )
    borrowed_from: list[str] = Field(
        default_factory=list,
        description="Other models that the choice rests on, in a class where this model has no evidence",
    )
    parameters: RecommendSettings

    def to_json(self) -> str:
        """The stored form."""
        return self.model_dump_json()


class _Part(BaseModel):
    reopened: Reopened | None = None


def read_reopened(record: str) -> Reopened | None:
    """Why the class of a stored record looks again; None where it does not, as in records of older builds."""
    # Most records have none, and a fleet has thousands of them.
    return _Part.model_validate_json(record).reopened if '"reopened":{' in record else None
