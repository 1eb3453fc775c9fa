"""What a browser sends: ``POST /v1/report``.

A report is an envelope (who, when, on what kind of device) and seven lists of items. The unit of measurement
is the window: up to 60 seconds of one (model, variant, backend), not one event per prediction (ADR 0001).
Times are epoch milliseconds on the *browser's* clock; the collector corrects them by ``received - sent_at``.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

from collector.contract.fields import wire_field
from collector.contract.leak_trace import LeakTrace
from collector.contract.race import Race
from collector.contract.signals import Histogram, MemorySignal, seem_absolute
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
    OperatingSystem,
    ReadyMethod,
)
from collector.contract.wire_model import (
    MAX_UINT32,
    AppName,
    Count32,
    EpochMs,
    GpuFamily,
    Name,
    RandomId,
    Subject,
    Whole,
    WireModel,
)

WIRE_VERSION = 1
RELEASE = r"^[A-Za-z0-9._+/@-]{0,64}$"
MAX_ITEM_AGE_MS = 48 * 3600 * 1000


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


class Versioned(Subject):
    """What an item is about, and of which versions: one that nobody told is empty, and compared with none."""

    engine_version: Annotated[
        str, StringConstraints(pattern=r"^([a-z][a-z0-9_-]{0,15}/[0-9A-Za-z._+-]{1,32})?$")
    ] = wire_field("The inference library and its own version, for example tfjs/4.22.0", default="")
    model_release: Annotated[str, StringConstraints(pattern=RELEASE)] = wire_field(
        "The model's release, as the app names it, for comparing one with the next",
        sensitivity="application",
        default="",
    )


class Window(Versioned):
    """Up to 60 seconds of predictions of one (model, variant, backend) in one session."""

    engine: Engine = wire_field("The inference library", default=Engine.TFJS)
    started_at: EpochMs = wire_field("When the window opened", unit="ms", ge=0, le=1 << 46)
    duration_ms: int = wire_field("How long it was open", unit="ms", ge=0, le=24 * 3600 * 1000)
    count: int = wire_field("Predictions made", ge=1, le=MAX_UINT32)
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
        le=MAX_UINT32,
        default=1,
    )

    @model_validator(mode="after")
    def _memory_is_told_in_differences(self) -> Self:
        memory = self.memory
        if memory is not None and seem_absolute(memory.predictions, memory.held(), self.count):
            raise ValueError(
                "the lists of a memory signal are absolute: only a list's first entry is, the others are "
                "differences from the entry before"
            )
        return self


class FallbackTaken(WireModel):
    """An arm that was tried before the one that started."""

    backend: Backend = wire_field("The backend that did not start")
    variant: Name = wire_field(
        "The variant that did not start", sensitivity="application", default="original"
    )
    error: ErrorName = wire_field("The class of its exception", default=ErrorName.OTHER)


class Load(Versioned):
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


class Incident(Versioned):
    """Something went wrong. Repeats within a report are one incident with a count."""

    kind: IncidentKind = wire_field("What went wrong")
    at: EpochMs = wire_field("When it was first seen", unit="ms", ge=0, le=1 << 46)
    count: int = wire_field("How often since then", ge=1, le=MAX_UINT32, default=1)
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
    count: int = wire_field("Spans", ge=1, le=MAX_UINT32)
    span_ms: Histogram = wire_field("Length of the spans", unit="ms")


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
    release: Annotated[str, StringConstraints(pattern=RELEASE)] = wire_field(
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
