"""What a browser sends: ``POST /v1/report``.

A report is an envelope (who, when, on what kind of device) and seven lists of items. The unit of measurement
is the window: up to 60 seconds of one (model, variant, backend), not one event per prediction (ADR 0001).
Times are epoch milliseconds on the *browser's* clock; the collector corrects them by ``received - sent_at``.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, StringConstraints, model_validator

from collector.contract.fields import wire_field
from collector.contract.histogram import MAX_BUCKET, MIN_BUCKET, decode
from collector.contract.vocabulary import (
    ArmSource,
    Backend,
    Browser,
    CrashReason,
    DropReason,
    Engine,
    ErrorName,
    FormFactor,
    IncidentKind,
    KernelMethod,
    KilledPhase,
    LeakedDtype,
    OperatingSystem,
    RaceAsk,
    RaceInput,
    RaceOutcome,
    ReadyMethod,
)

WIRE_VERSION = 1
MAX_ITEM_AGE_MS = 48 * 3600 * 1000
MAX_RACE_BUDGET_MS = 60_000
MAX_RACE_RUNS = 10_000

AppName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
RandomId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,36}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
GpuFamily = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}(-[a-z0-9]{1,12}){0,2}$")]
EpochMs = Annotated[int, wire_field("epoch milliseconds", unit="ms", ge=0, le=1 << 46)]
_MAX_UINT32 = (1 << 32) - 1
Count32 = Annotated[int, wire_field("a count", ge=0, le=_MAX_UINT32)]
BUCKETS = MAX_BUCKET - MIN_BUCKET + 1
CountOrGap = Annotated[int, wire_field("a count, or less than 0: a gap", ge=-BUCKETS, le=_MAX_UINT32)]


class WireModel(BaseModel):
    """A part of a report. Unknown fields are kept aside, so that they can be counted and ignored.

    ``CHECK`` holds fields against each other. It takes an instance of the model, or of the struct that the
    hot path makes from it, and raises ValueError.
    """

    CHECK: ClassVar[Callable[[Any], None] | None] = None

    model_config = ConfigDict(strict=True, extra="allow")


class Histogram(WireModel):
    """A log histogram (``contract.histogram``) in one of two forms.

    Runs: ``buckets`` is the first bucket alone and ``counts`` are of all buckets from there on, ``-n``
    standing for ``n`` empty ones. Gaps, the older form: ``buckets`` is as long as ``counts``. A histogram of
    one bucket is the same in both.
    """

    buckets: Annotated[list[int], FailFast()] = wire_field(
        "The first bucket index; in the form of gaps, then the gap to each next one (at least 1)",
        min_length=1,
        max_length=256,
    )
    counts: Annotated[list[CountOrGap], FailFast()] = wire_field(
        "How many values each bucket holds; in the form of runs, -n for n empty buckets",
        min_length=1,
        max_length=BUCKETS,
    )

    @model_validator(mode="after")
    def _buckets_ascend_within_range(self) -> Self:
        if len(self.buckets) == 1:
            last = self.buckets[0] + sum(-count if count < 0 else 1 for count in self.counts) - 1
            if self.counts[0] < 0 or self.counts[-1] < 0:
                raise ValueError("a run begins and ends with a bucket that counts something")
        else:
            last = sum(self.buckets)
            if len(self.buckets) != len(self.counts):
                raise ValueError("buckets and counts differ in length")
            if min(self.buckets[1:]) < 1:
                raise ValueError("a gap between buckets is at least 1")
            if min(self.counts) < 0:
                raise ValueError("a bucket holds at least 0 values")
        if self.buckets[0] < MIN_BUCKET or last > MAX_BUCKET:
            raise ValueError(f"buckets lie in [{MIN_BUCKET}, {MAX_BUCKET}]")
        return self

    def decoded(self) -> dict[int, int]:
        """Counts by absolute bucket index, ascending."""
        return decode(self.buckets, self.counts)


OPTIONAL_SERIES = ("gpu_bytes", "gpu_allocated_bytes", "heap_bytes")
SERIES = ("predictions", "tensors", "bytes", *OPTIONAL_SERIES)
"""The lists of a memory signal."""


class MemorySignal(WireModel):
    """Memory against predictions made: what a leak's slope is read from.

    Each list's first entry is absolute and the others are differences from the entry before; the lists are of
    equal length. Points are taken before a prediction starts, when a page that disposes of its tensors holds
    only its weights.
    """

    predictions: list[Count32] = wire_field(
        "Predictions made so far by this model in this session, ascending", min_length=1, max_length=16
    )
    tensors: list[int] = wire_field("numTensors of the engine", unit="tensors", min_length=1, max_length=16)
    bytes: list[int] = wire_field("numBytes of the engine", unit="bytes", min_length=1, max_length=16)
    gpu_bytes: list[int] | None = wire_field(
        "Bytes on the GPU that tensors use, where the backend tells",
        unit="bytes",
        min_length=1,
        max_length=16,
        default=None,
    )
    gpu_allocated_bytes: list[int] | None = wire_field(
        "Bytes on the GPU that the engine holds: those in use, and those that wait for reuse",
        unit="bytes",
        min_length=1,
        max_length=16,
        default=None,
    )
    heap_bytes: list[int] | None = wire_field(
        "Size of the engine's wasm heap, which never shrinks",
        unit="bytes",
        min_length=1,
        max_length=16,
        default=None,
    )
    tensors_min: int | None = wire_field(
        "Least numTensors seen in the window, when no point shows it", ge=0, le=1 << 53, default=None
    )
    tensors_max: int | None = wire_field(
        "Most numTensors seen in the window, when no point shows it", ge=0, le=1 << 53, default=None
    )

    @model_validator(mode="after")
    def _points_line_up(self) -> Self:
        length = len(self.predictions)
        told = (getattr(self, name) for name in OPTIONAL_SERIES)
        series = [self.tensors, self.bytes, *(values for values in told if values is not None)]
        if any(len(values) != length for values in series):
            raise ValueError("the lists of a memory signal differ in length")
        if sum(self.predictions) > _MAX_UINT32:
            raise ValueError("predictions made are at most 2^32 - 1")
        if any(min(accumulate(values)) < 0 or max(accumulate(values)) > 1 << 53 for values in series):
            raise ValueError("a memory signal lies in [0, 2^53]")
        return self

    def points(self) -> list[tuple[int | None, ...]]:
        """Absolute values in the order they were taken: ``SERIES``, None for what was not told."""
        untold = [None] * len(self.predictions)
        columns = (getattr(self, name) for name in SERIES)
        return list(
            zip(*(accumulate(values) if values is not None else untold for values in columns), strict=True)
        )


def _whole(value: object) -> object:
    """A ``Literal`` of numbers takes true for 1 and 4.0 for 4, which no column takes."""
    if type(value) is not int:
        raise ValueError("a whole number is expected")
    return value


Whole = BeforeValidator(_whole)


class Device(WireModel):
    """The kind of device, made coarse in the browser. Enough to pick a backend, too little to single out."""

    os: OperatingSystem = wire_field("Operating system family", default=OperatingSystem.OTHER)
    browser: Browser = wire_field("Browser family", default=Browser.OTHER)
    browser_major: int = wire_field("Browser major version, 0 when unknown", ge=0, le=9999, default=0)
    form: FormFactor = wire_field("Form factor", default=FormFactor.OTHER)
    gpu: GpuFamily = wire_field(
        "GPU vendor and architecture, for example apple, intel-gen12, swiftshader; never the renderer string",
        default="unknown",
    )
    memory_gb: Annotated[Literal[0, 1, 2, 4, 8, 16, 32], Whole] = wire_field(
        "Device memory bucket, 0 when unknown", unit="GB", default=0
    )
    cores: Annotated[Literal[0, 1, 2, 4, 8, 16], Whole] = wire_field(
        "Logical cores, rounded down to a bucket, 0 when unknown", default=0
    )
    wasm_simd: bool = wire_field("WebAssembly SIMD works", default=False)
    wasm_threads: bool = wire_field(
        "WebAssembly threads work (the page is cross-origin isolated)", default=False
    )
    webgl: Annotated[Literal[0, 1, 2], Whole] = wire_field("Highest WebGL version present", default=0)
    webgpu: bool = wire_field("WebGPU is present", default=False)
    automated: bool = wire_field(
        "A program drives the browser and says so (navigator.webdriver, or its name, as crawlers do): "
        "not a visitor",
        default=False,
    )


class Subject(WireModel):
    """What an item is about: a model, as a variant, on a backend."""

    model: Name = wire_field("The model's name, as the page gave it", sensitivity="application")
    variant: Name = wire_field(
        "The variant's name, for example float16", sensitivity="application", default="original"
    )
    backend: Backend = wire_field("What executed it")
    steerable: bool = wire_field(
        "A plan can choose backend or variant; false for a model that the page only had watched", default=True
    )


class Window(Subject):
    """Up to 60 seconds of predictions of one (model, variant, backend) in one session."""

    engine: Engine = wire_field("The inference library", default=Engine.TFJS)
    started_at: EpochMs = wire_field("When the window opened", unit="ms", ge=0, le=1 << 46)
    duration_ms: int = wire_field("How long it was open", unit="ms", ge=0, le=24 * 3600 * 1000)
    count: int = wire_field("Predictions made", ge=1, le=_MAX_UINT32)
    errors: Count32 = wire_field("Predictions that threw or rejected", ge=0, default=0)
    threads: int = wire_field("wasm threads, 0 when it does not apply", ge=0, le=256, default=0)
    dispatch_ms: Histogram | None = wire_field("Time until the call returned", unit="ms", default=None)
    ready_ms: Histogram | None = wire_field("Time until the result was really there", unit="ms", default=None)
    ready_method: ReadyMethod | None = wire_field("How ready_ms was learnt", default=None)
    kernel_ms: Histogram | None = wire_field("Sampled time of the device itself", unit="ms", default=None)
    kernel_method: KernelMethod | None = wire_field("What kernel_ms means here", default=None)
    memory: MemorySignal | None = wire_field("Tensors and bytes against predictions", default=None)
    nth_load: int = wire_field(
        "Which model of this name in this session made them: 1 for the first that was loaded or wrapped",
        ge=1,
        le=_MAX_UINT32,
        default=1,
    )

    @model_validator(mode="after")
    def _memory_is_told_in_differences(self) -> Self:
        memory = self.memory
        if memory is not None and seem_absolute(memory.predictions, memory.tensors, memory.bytes, self.count):
            raise ValueError(
                "the lists of a memory signal are absolute: only a list's first entry is, the others are "
                "differences from the entry before"
            )
        return self


def seem_absolute(
    predictions: Sequence[int], tensors: Sequence[int], held: Sequence[int], count: int
) -> bool:
    """Whether a memory signal gives each point's own values, where the wire has differences.

    Added up they would say that memory doubles from point to point, a leak of whatever the page holds. Read
    as differences they span more predictions than the window's ``count``, and read as absolute no more.
    That alone can be so where models of one name run side by side, which are counted together: so tensors and
    bytes must look absolute as well, which differences hardly ever do.
    """
    rest = predictions[1:]
    return (
        sum(rest) > count >= predictions[-1] - predictions[0]
        and all(now > before for before, now in pairwise(predictions))
        and all(2 * value >= series[0] for series in (tensors, held) for value in series[1:])
    )


class FallbackTaken(WireModel):
    """An arm that was tried before the one that started."""

    backend: Backend = wire_field("The backend that did not start")
    variant: Name = wire_field(
        "The variant that did not start", sensitivity="application", default="original"
    )
    error: ErrorName = wire_field("The class of its exception", default=ErrorName.OTHER)


class Load(Subject):
    """A model was loaded and made its first prediction, or gave up before it."""

    engine: Engine = wire_field("The inference library", default=Engine.TFJS)
    at: EpochMs = wire_field("When loading began", unit="ms", ge=0, le=1 << 46)
    load_ms: float = wire_field("Download and build of the model", unit="ms", ge=0, le=3.6e6)
    backend_init_ms: float | None = wire_field(
        "Start of the backend", unit="ms", ge=0, le=3.6e6, default=None
    )
    first_prediction_ms: float | None = wire_field(
        "First prediction until ready: shader compilation included", unit="ms", ge=0, le=3.6e6, default=None
    )
    download_bytes: int | None = wire_field(
        "Bytes of model files over the network", unit="bytes", ge=0, le=1 << 40, default=None
    )
    cache_hit: bool | None = wire_field("The files came from the browser's cache", default=None)
    fallbacks: list[FallbackTaken] = wire_field("Arms that did not start", max_length=8, default_factory=list)


class Incident(Subject):
    """Something went wrong. Repeats within a report are one incident with a count."""

    kind: IncidentKind = wire_field("What went wrong")
    at: EpochMs = wire_field("When it was first seen", unit="ms", ge=0, le=1 << 46)
    count: int = wire_field("How often since then", ge=1, le=_MAX_UINT32, default=1)
    error: ErrorName | None = wire_field("The class of the exception, if there was one", default=None)
    phase: KilledPhase | None = wire_field(
        "What was under way when the page died: of `killed` only, whose backend is the one that ran or was "
        "starting, and whose `at` is when a later visit found out",
        default=None,
    )
    crash: CrashReason | None = wire_field(
        "Why the page died, where a browser's crash report told it", default=None
    )


class Exposure(Subject):
    """Which arm a page used for a model, who chose it, and with what probability (off-policy evaluation)."""

    at: EpochMs = wire_field("When the arm was applied", unit="ms", ge=0, le=1 << 46)
    source: ArmSource = wire_field("Who chose the arm")
    config_version: Count32 = wire_field("The config's version, 0 without one", default=0)
    device_class: str = wire_field(
        "The device class that the config was matched to", default="", pattern=r"^[a-z0-9*=,._-]{0,160}$"
    )
    probability: float = wire_field("The arm's probability when it was drawn", ge=0, le=1, default=1.0)


class Stage(WireModel):
    """A named span of a pipeline around one or several models, for example pre, infer, post or frame."""

    stage: Name = wire_field("The span's name", sensitivity="application")
    model: Name | None = wire_field(
        "The model it belongs to, if one", sensitivity="application", default=None
    )
    backend: Backend | None = wire_field("What executed it, if a model did", default=None)
    started_at: EpochMs = wire_field("When the window opened", unit="ms", ge=0, le=1 << 46)
    duration_ms: int = wire_field("How long it was open", unit="ms", ge=0, le=24 * 3600 * 1000)
    count: int = wire_field("Spans", ge=1, le=_MAX_UINT32)
    span_ms: Histogram = wire_field("Length of the spans", unit="ms")


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


class LeakedTensors(WireModel):
    """Tensors of one shape and dtype that one call site left behind, or sessions."""

    shape: Annotated[str, StringConstraints(pattern=r"^(\d{1,10}(,\d{1,10}){0,7})?$")] = wire_field(
        "Sizes of the axes, joined by commas; empty for a scalar and for a session", default=""
    )
    dtype: LeakedDtype = wire_field("Element type; session for an inference session")
    count: int = wire_field("How many stayed", ge=1, le=_MAX_UINT32)
    bytes: int = wire_field("Their bytes", unit="bytes", ge=0, le=1 << 53, default=0)


class LeakFrame(WireModel):
    """A place in a script of the page. Nobody can read it without having that script."""

    script: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = wire_field(
        "First 32 hex digits of SHA-256 over the script's bytes; over its path, without origin and query, "
        "where the page may not read its bytes"
    )
    line: int = wire_field("Line in that script, from 1", ge=1, le=999_999_999)
    column: int = wire_field("Column in that line, from 1", ge=1, le=999_999_999)


class LeakSite(WireModel):
    """One call site, and what it left behind."""

    predictions: int = wire_field(
        "Predictions of the model in which it left that behind", ge=1, le=_MAX_UINT32
    )
    count: int = wire_field("How many stayed, of all shapes", ge=1, le=_MAX_UINT32)
    bytes: int = wire_field("Their bytes", unit="bytes", ge=0, le=1 << 53, default=0)
    kinds: int = wire_field("How many shapes and dtypes they have", ge=1, le=_MAX_UINT32, default=1)
    tensors: list[LeakedTensors] = wire_field(
        "By shape and dtype, the most bytes first; 8 of them when there are more", min_length=1, max_length=8
    )
    frames: list[LeakFrame] = wire_field(
        "The calls that made them, the innermost first; the innermost are left out where there are too many",
        min_length=1,
        max_length=48,
    )


class LeakTrace(Subject):
    """What one session's predictions left behind while it was traced (leakTrace); no sites: nothing grew."""

    engine: Engine = wire_field("The inference library", default=Engine.TFJS)
    at: EpochMs = wire_field("When the trace was looked at", unit="ms", ge=0, le=1 << 46)
    predictions: int = wire_field("Predictions of this model that were traced", ge=1, le=_MAX_UINT32)
    loads: Count32 = wire_field("Models of this name that came meanwhile", default=0)
    sites: list[LeakSite] = wire_field(
        "Call sites of what stays and grows in number, the most bytes first",
        max_length=8,
        default_factory=list,
    )


def _few(value: object) -> object:
    """Before the keys are looked at: each wrong one would cost an error of its own."""
    if isinstance(value, dict) and len(value) > 2 * len(DropReason):
        raise ValueError("there are not so many reasons")
    return value


class Report(WireModel):
    """One batch of telemetry from one page life."""

    ITEM_LISTS: ClassVar[tuple[str, ...]] = (
        "windows",
        "loads",
        "incidents",
        "exposures",
        "stages",
        "races",
        "leak_traces",
    )

    v: Annotated[Literal[1], Whole] = wire_field("Wire version")
    batch_id: RandomId = wire_field(
        "Random, the same on every retry of the batch: what makes a retry harmless",
        sensitivity="pseudonymous",
    )
    sent_at: EpochMs = wire_field("When this attempt was sent", unit="ms", ge=0, le=1 << 46)
    sdk: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,15}/[0-9A-Za-z.+-]{1,23}$")] = (
        wire_field("SDK name and version, for example js/0.1.0")
    )
    app: AppName = wire_field("The app, as declared to the collector", sensitivity="application")
    release: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+/@-]{0,64}$")] = wire_field(
        "The app's release, for comparing one with the next", sensitivity="application", default=""
    )
    session: RandomId = wire_field("Random, lives as long as the page", sensitivity="pseudonymous")
    seq: Count32 = wire_field("Ordinal of this report within the session, from 0")
    dropped: Annotated[dict[DropReason, Count32], BeforeValidator(_few)] = wire_field(
        "Items that the SDK let go since its last report, by reason", default_factory=dict
    )
    device: Device = wire_field("The kind of device", default_factory=Device)
    windows: list[Window] = wire_field("Measured predictions", max_length=64, default_factory=list)
    loads: list[Load] = wire_field("Loaded models", max_length=32, default_factory=list)
    incidents: list[Incident] = wire_field("What went wrong", max_length=64, default_factory=list)
    exposures: list[Exposure] = wire_field("Applied arms", max_length=32, default_factory=list)
    stages: list[Stage] = wire_field("Pipeline spans", max_length=64, default_factory=list)
    races: list[Race] = wire_field("Races of arms on this device", max_length=8, default_factory=list)
    leak_traces: list[LeakTrace] = wire_field(
        "What stays in memory, and where it was made", max_length=8, default_factory=list
    )

    def item_count(self) -> int:
        """Items in all lists."""
        return sum(len(getattr(self, name)) for name in self.ITEM_LISTS)


class ReportAnswer(BaseModel):
    """``202``: what ``accepted`` counts is durable. The three counts add up to the items sent."""

    model_config = ConfigDict(frozen=True)

    accepted: int = wire_field("Items stored durably by this request", ge=0)
    duplicate: int = wire_field("Items of a batch that was stored before: a retry, nothing to do", ge=0)
    rejected: dict[str, int] = wire_field("Items that were refused, by reason code")
    config_etag: str | None = wire_field(
        "ETag of this device class's current config, when known", default=None
    )


def unknown_fields(model: WireModel) -> int:
    """How many fields of a report this version does not know, nested ones included."""
    count = len(model.model_extra or ())
    for value in model.__dict__.values():
        if isinstance(value, WireModel):
            count += unknown_fields(value)
        elif isinstance(value, list) and value and isinstance(value[0], WireModel):
            count += sum(unknown_fields(item) for item in value)
    return count
