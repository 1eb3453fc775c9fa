"""The closed enums of the wire. A value outside them rejects the item that carries it, and is counted."""

from enum import StrEnum


class Backend(StrEnum):
    """What executed the model. The three wasm flavours differ up to tenfold, so they are told apart."""

    CPU = "cpu"
    WASM = "wasm"
    WASM_SIMD = "wasm-simd"
    WASM_SIMD_THREADS = "wasm-simd-threads"
    WEBGL = "webgl"
    WEBGPU = "webgpu"
    WEBNN = "webnn"
    OTHER = "other"


ORIGINAL = "original"
"""The variant that a model was made as; the page has it under its own URL."""
ENGINE_PRIORITY = (
    Backend.WEBGPU,
    Backend.WEBGL,
    Backend.WASM_SIMD_THREADS,
    Backend.WASM_SIMD,
    Backend.WASM,
    Backend.CPU,
)
"""What TensorFlow.js 4.22 picks: webgpu 3, webgl 2 = wasm 2, cpu 1; webgl registers first in its bundle."""


class Engine(StrEnum):
    """The inference library that ran the model."""

    TFJS = "tfjs"
    ONNXRUNTIME = "onnxruntime"
    LITERT = "litert"
    MEDIAPIPE = "mediapipe"
    TRANSFORMERS_JS = "transformers_js"
    OTHER = "other"


class OperatingSystem(StrEnum):
    """The operating system's family, without its version."""

    WINDOWS = "windows"
    MACOS = "macos"
    LINUX = "linux"
    CHROMEOS = "chromeos"
    ANDROID = "android"
    IOS = "ios"
    OTHER = "other"


class Browser(StrEnum):
    """The browser's family; Chromium-based ones that behave alike share ``chromium``."""

    CHROMIUM = "chromium"
    EDGE = "edge"
    FIREFOX = "firefox"
    SAFARI = "safari"
    SAMSUNG = "samsung"
    OTHER = "other"


class FormFactor(StrEnum):
    """The kind of machine."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    TABLET = "tablet"
    OTHER = "other"


class ReadyMethod(StrEnum):
    """How ``ready_ms`` was learnt. Adding a readback of our own is not among them, by design."""

    READ = "read"  # the page's own data() / array() / dataSync() settled
    FENCE = "fence"  # a GPU fence passed
    RETURN = "return"  # the call itself computes the result (cpu, wasm)


class KernelMethod(StrEnum):
    """What ``kernel_ms`` means on this backend."""

    GPU_TIMER = "gpu_timer"  # WebGL disjoint timer query or WebGPU timestamp query
    WALL = "wall"  # wall time around the kernels (cpu, wasm)


class LeakedDtype(StrEnum):
    """What stays: a tensor's element type, or an inference session, which is no tensor."""

    FLOAT32 = "float32"
    INT32 = "int32"
    BOOL = "bool"
    COMPLEX64 = "complex64"
    STRING = "string"
    SESSION = "session"
    OTHER = "other"


class IncidentKind(StrEnum):
    """Something went wrong with a model or a backend."""

    ERROR = "error"
    CONTEXT_LOST = "context_lost"
    DEVICE_LOST = "device_lost"
    HANG = "hang"
    FALLBACK = "fallback"
    WRONG_OUTPUT = "wrong_output"
    OUT_OF_MEMORY = "out_of_memory"
    SOFTWARE_BACKEND = "software_backend"  # a GPU backend that a software rasteriser executes
    KILLED = "killed"  # the page died while a model was loading or predicting: told by the next visit
    SDK_ERROR = "sdk_error"


class KilledPhase(StrEnum):
    """What was under way when a page died."""

    START = "start"  # the backend was starting
    LOAD = "load"  # the model was loading
    FIRST_PREDICTION = "first_prediction"  # it was there, and its first prediction had not ended
    PREDICT = "predict"  # it was in use
    UNKNOWN = "unknown"  # a browser's crash report, which knows of no model


class CrashReason(StrEnum):
    """Why a browser says that a page died (Reporting API, ``crash``)."""

    OOM = "oom"
    UNRESPONSIVE = "unresponsive"
    OTHER = "other"  # it does not say


class ErrorName(StrEnum):
    """The class of an exception, never its message: a message can hold a URL or a name."""

    ERROR = "Error"
    TYPE_ERROR = "TypeError"
    RANGE_ERROR = "RangeError"
    REFERENCE_ERROR = "ReferenceError"
    SYNTAX_ERROR = "SyntaxError"
    RUNTIME_ERROR = "RuntimeError"  # WebAssembly.RuntimeError
    COMPILE_ERROR = "CompileError"  # WebAssembly.CompileError
    ABORT_ERROR = "AbortError"
    NETWORK_ERROR = "NetworkError"
    TIMEOUT_ERROR = "TimeoutError"
    OPERATION_ERROR = "OperationError"
    INTEGRITY_ERROR = (
        "IntegrityError"  # the SDK's own: a file of the model is not the one that its plan names
    )
    OTHER = "other"


class ArmSource(StrEnum):
    """Who chose the backend and variant that a page used."""

    CONFIG = "config"  # remote config, fetched or revalidated in this page life
    LAST_KNOWN_GOOD = "last_known_good"  # an earlier config kept in the browser
    DEFAULT = "default"  # no config in time: what the page or the engine picks by itself
    OVERRIDE = "override"  # the page forced it
    FALLBACK = "fallback"  # the chosen arm did not start
    RACE = "race"  # it was the fastest in a race on this device, now or on an earlier visit


class RaceAsk(StrEnum):
    """Who wanted a race."""

    PLAN = "plan"  # the config drew this install
    PAGE = "page"  # the page asked for it by hand


class RaceInput(StrEnum):
    """What the warm predictions of a race ran on. It is never a visitor's data."""

    CANARY = "canary"  # the page's reference input
    GIVEN = "given"  # an input that the page gave for the race


class RaceOutcome(StrEnum):
    """What became of an arm in a race."""

    MEASURED = "measured"
    HOPELESS = "hopeless"  # stopped early: so slow that it cannot win
    FAILED = "failed"  # did not start, load or run
    WRONG = "wrong"  # its output disagrees with that of most others
    LATE = "late"  # the budget was spent before it was measured


class DropReason(StrEnum):
    """Why the SDK itself let telemetry go. It says so in the next report."""

    QUEUE_FULL = "queue_full"
    TOO_LARGE = "too_large"
    EXPIRED = "expired"
    REJECTED = "rejected"
    RETRIES_EXHAUSTED = "retries_exhausted"
    CONSENT = "consent"
    SAMPLED_OUT = "sampled_out"
    SDK_ERROR = "sdk_error"
