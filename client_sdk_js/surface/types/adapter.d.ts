/**
 * The operating system's family, without its version.
 */
type OperatingSystem = 'windows' | 'macos' | 'linux' | 'chromeos' | 'android' | 'ios' | 'other';
/**
 * The browser's family; Chromium-based ones that behave alike share ``chromium``.
 */
type Browser = 'chromium' | 'edge' | 'firefox' | 'safari' | 'samsung' | 'other';
/**
 * The kind of machine.
 */
type FormFactor = 'desktop' | 'mobile' | 'tablet' | 'other';
/**
 * Device memory bucket, 0 when unknown
 */
type MemoryGb = 0 | 1 | 2 | 4 | 8 | 16 | 32;
/**
 * Logical cores, rounded down to a bucket, 0 when unknown
 */
type Cores = 0 | 1 | 2 | 4 | 8 | 16;
/**
 * Highest WebGL version present
 */
type Webgl = 0 | 1 | 2;
/**
 * What executed the model. The three wasm flavours differ up to tenfold, so they are told apart.
 */
type Backend = 'cpu' | 'wasm' | 'wasm-simd' | 'wasm-simd-threads' | 'webgl' | 'webgpu' | 'webnn' | 'other';
/**
 * The inference library that ran the model.
 */
type Engine = 'tfjs' | 'onnxruntime' | 'litert' | 'mediapipe' | 'transformers_js' | 'other';
/**
 * How ``ready_ms`` was learnt. Adding a readback of our own is not among them, by design.
 */
type ReadyMethod = 'read' | 'fence' | 'return';
/**
 * What ``kernel_ms`` means on this backend.
 */
type KernelMethod = 'gpu_timer' | 'wall';
/**
 * The class of an exception, never its message: a message can hold a URL or a name.
 */
type ErrorName = 'Error' | 'TypeError' | 'RangeError' | 'ReferenceError' | 'SyntaxError' | 'RuntimeError' | 'CompileError' | 'AbortError' | 'NetworkError' | 'TimeoutError' | 'OperationError' | 'IntegrityError' | 'other';
/**
 * Something went wrong with a model or a backend.
 */
type IncidentKind = 'error' | 'context_lost' | 'device_lost' | 'hang' | 'fallback' | 'wrong_output' | 'out_of_memory' | 'software_backend' | 'killed' | 'sdk_error';
/**
 * What was under way when a page died.
 */
type KilledPhase = 'start' | 'load' | 'first_prediction' | 'predict' | 'unknown';
/**
 * Why a browser says that a page died (Reporting API, ``crash``).
 */
type CrashReason = 'oom' | 'unresponsive' | 'other';
/**
 * Who chose the backend and variant that a page used.
 */
type ArmSource = 'config' | 'last_known_good' | 'default' | 'override' | 'fallback' | 'race';
/**
 * Who wanted a race.
 */
type RaceAsk = 'plan' | 'page';
/**
 * What the warm predictions of a race ran on. It is never a visitor's data.
 */
type RaceInput = 'canary' | 'given';
/**
 * What became of an arm in a race.
 */
type RaceOutcome = 'measured' | 'hopeless' | 'failed' | 'wrong' | 'late';
/**
 * What stays: a tensor's element type, or an inference session, which is no tensor.
 */
type LeakedDtype = 'float32' | 'int32' | 'bool' | 'complex64' | 'string' | 'session' | 'other';
/**
 * One batch of telemetry from one page life.
 */
interface Report {
  /**
   * Wire version
   */
  v: 1;
  /**
   * Random, the same on every retry of the batch: what makes a retry harmless
   */
  batch_id: string;
  /**
   * When this attempt was sent
   */
  sent_at: number;
  /**
   * SDK name and version, for example js/0.1.0
   */
  sdk: string;
  /**
   * The app, as declared to the collector
   */
  app: string;
  /**
   * The app's release, for comparing one with the next
   */
  release?: string;
  /**
   * Random, lives as long as the page
   */
  session: string;
  /**
   * Ordinal of this report within the session, from 0
   */
  seq: number;
  /**
   * Items that the SDK let go since its last report, by reason
   */
  dropped?: {
    /**
     * a count
     */
    [k: string]: number;
  };
  device?: Device;
  /**
   * Measured predictions
   */
  windows?: Window[];
  /**
   * Loaded models
   */
  loads?: Load[];
  /**
   * What went wrong
   */
  incidents?: Incident[];
  /**
   * Applied arms
   */
  exposures?: Exposure[];
  /**
   * Pipeline spans
   */
  stages?: Stage[];
  /**
   * Races of arms on this device
   */
  races?: Race[];
  /**
   * What stays in memory, and where it was made
   */
  leak_traces?: LeakTrace[];
}
/**
 * The kind of device, made coarse in the browser. Enough to pick a backend, too little to single out.
 */
interface Device {
  os?: OperatingSystem;
  browser?: Browser;
  /**
   * Browser major version, 0 when unknown
   */
  browser_major?: number;
  form?: FormFactor;
  /**
   * GPU vendor and architecture, for example apple, intel-gen12, swiftshader; never the renderer string
   */
  gpu?: string;
  memory_gb?: MemoryGb;
  cores?: Cores;
  /**
   * WebAssembly SIMD works
   */
  wasm_simd?: boolean;
  /**
   * WebAssembly threads work (the page is cross-origin isolated)
   */
  wasm_threads?: boolean;
  webgl?: Webgl;
  /**
   * WebGPU is present
   */
  webgpu?: boolean;
  /**
   * A program drives the browser and says so (navigator.webdriver, or its name, as crawlers do): not a visitor
   */
  automated?: boolean;
}
/**
 * Up to 60 seconds of predictions of one (model, variant, backend) in one session.
 */
interface Window {
  /**
   * The model's name, as the page gave it
   */
  model: string;
  /**
   * The variant's name, for example float16
   */
  variant?: string;
  backend: Backend;
  /**
   * A plan can choose backend or variant; false for a model that the page only had watched
   */
  steerable?: boolean;
  /**
   * The inference library and its own version, for example tfjs/4.22.0
   */
  engine_version?: string;
  /**
   * The model's release, as the app names it, for comparing one with the next
   */
  model_release?: string;
  engine?: Engine;
  /**
   * When the window opened
   */
  started_at: number;
  /**
   * How long it was open
   */
  duration_ms: number;
  /**
   * Predictions made
   */
  count: number;
  /**
   * Predictions that threw or rejected
   */
  errors?: number;
  /**
   * wasm threads, 0 when it does not apply
   */
  threads?: number;
  /**
   * Time until the call returned
   */
  dispatch_ms?: Histogram | null;
  /**
   * Time until the result was really there
   */
  ready_ms?: Histogram | null;
  /**
   * How ready_ms was learnt
   */
  ready_method?: ReadyMethod | null;
  /**
   * Sampled time of the device itself
   */
  kernel_ms?: Histogram | null;
  /**
   * What kernel_ms means here
   */
  kernel_method?: KernelMethod | null;
  /**
   * Tensors and bytes against predictions
   */
  memory?: MemorySignal | null;
  /**
   * Which model of this name in this session made them: 1 for the first that was loaded or wrapped
   */
  nth_load?: number;
}
/**
 * A log histogram (``contract.histogram``) in one of two forms.
 *
 * Runs: ``buckets`` is the first bucket alone and ``counts`` are of all buckets from there on, ``-n``
 * standing for ``n`` empty ones. Gaps, the older form: ``buckets`` is as long as ``counts``. A histogram of
 * one bucket is the same in both.
 */
interface Histogram {
  /**
   * The first bucket index; in the form of gaps, then the gap to each next one (at least 1)
   */
  buckets: number[];
  /**
   * How many values each bucket holds; in the form of runs, -n for n empty buckets
   *
   * Items: a count, or less than 0: a gap
   */
  counts: number[];
}
/**
 * Memory against predictions made: what a leak's slope is read from.
 *
 * Each list's first entry is absolute and the others are differences from the entry before; the lists are of
 * equal length. Points are taken before a prediction starts, when a page that disposes of its tensors holds
 * only its weights.
 */
interface MemorySignal {
  /**
   * Predictions made so far by this model in this session, ascending
   *
   * Items: a count
   */
  predictions: number[];
  /**
   * numTensors of the engine
   */
  tensors: number[];
  /**
   * numBytes of the engine
   */
  bytes: number[];
  /**
   * Bytes on the GPU that tensors use, where the backend tells
   */
  gpu_bytes?: number[] | null;
  /**
   * Bytes on the GPU that the engine holds: those in use, and those that wait for reuse
   */
  gpu_allocated_bytes?: number[] | null;
  /**
   * Size of the engine's wasm heap, which never shrinks
   */
  heap_bytes?: number[] | null;
  /**
   * Least numTensors seen in the window, when no point shows it
   */
  tensors_min?: number | null;
  /**
   * Most numTensors seen in the window, when no point shows it
   */
  tensors_max?: number | null;
}
/**
 * A model was loaded and made its first prediction, or gave up before it.
 */
interface Load {
  /**
   * The model's name, as the page gave it
   */
  model: string;
  /**
   * The variant's name, for example float16
   */
  variant?: string;
  backend: Backend;
  /**
   * A plan can choose backend or variant; false for a model that the page only had watched
   */
  steerable?: boolean;
  /**
   * The inference library and its own version, for example tfjs/4.22.0
   */
  engine_version?: string;
  /**
   * The model's release, as the app names it, for comparing one with the next
   */
  model_release?: string;
  engine?: Engine;
  /**
   * When loading began
   */
  at: number;
  /**
   * Download and build of the model
   */
  load_ms: number;
  /**
   * Start of the backend
   */
  backend_init_ms?: number | null;
  /**
   * First prediction until ready: shader compilation included
   */
  first_prediction_ms?: number | null;
  /**
   * Bytes of model files over the network
   */
  download_bytes?: number | null;
  /**
   * The files came from the browser's cache
   */
  cache_hit?: boolean | null;
  /**
   * Arms that did not start
   */
  fallbacks?: FallbackTaken[];
}
/**
 * An arm that was tried before the one that started.
 */
interface FallbackTaken {
  backend: Backend;
  /**
   * The variant that did not start
   */
  variant?: string;
  error?: ErrorName;
}
/**
 * Something went wrong. Repeats within a report are one incident with a count.
 */
interface Incident {
  /**
   * The model's name, as the page gave it
   */
  model: string;
  /**
   * The variant's name, for example float16
   */
  variant?: string;
  backend: Backend;
  /**
   * A plan can choose backend or variant; false for a model that the page only had watched
   */
  steerable?: boolean;
  /**
   * The inference library and its own version, for example tfjs/4.22.0
   */
  engine_version?: string;
  /**
   * The model's release, as the app names it, for comparing one with the next
   */
  model_release?: string;
  kind: IncidentKind;
  /**
   * When it was first seen
   */
  at: number;
  /**
   * How often since then
   */
  count?: number;
  /**
   * The class of the exception, if there was one
   */
  error?: ErrorName | null;
  /**
   * What was under way when the page died: of `killed` only, whose backend is the one that ran or was starting, and whose `at` is when a later visit found out
   */
  phase?: KilledPhase | null;
  /**
   * Why the page died, where a browser's crash report told it
   */
  crash?: CrashReason | null;
}
/**
 * Which arm a page used for a model, who chose it, and with what probability (off-policy evaluation).
 */
interface Exposure {
  /**
   * The model's name, as the page gave it
   */
  model: string;
  /**
   * The variant's name, for example float16
   */
  variant?: string;
  backend: Backend;
  /**
   * A plan can choose backend or variant; false for a model that the page only had watched
   */
  steerable?: boolean;
  /**
   * When the arm was applied
   */
  at: number;
  source: ArmSource;
  /**
   * The config's version, 0 without one
   */
  config_version?: number;
  /**
   * The device class that the config was matched to
   */
  device_class?: string;
  /**
   * The arm's probability when it was drawn
   */
  probability?: number;
}
/**
 * A named span of a pipeline around one or several models, for example pre, infer, post or frame.
 */
interface Stage {
  /**
   * The span's name
   */
  stage: string;
  /**
   * The model it belongs to, if one
   */
  model?: string | null;
  /**
   * What executed it, if a model did
   */
  backend?: Backend | null;
  /**
   * When the window opened
   */
  started_at: number;
  /**
   * How long it was open
   */
  duration_ms: number;
  /**
   * Spans
   */
  count: number;
  span_ms: Histogram;
}
/**
 * Arms that ran one after the other on one device, before the model was handed over: paired times.
 */
interface Race {
  /**
   * The model's name, as the page gave it
   */
  model: string;
  /**
   * A plan can choose backend or variant; false for a model that the page only had watched
   */
  steerable?: boolean;
  engine?: Engine;
  /**
   * When the race began
   */
  at: number;
  asked: RaceAsk;
  /**
   * The time that it had
   */
  budget_ms: number;
  /**
   * The time that it took
   */
  spent_ms: number;
  input: RaceInput;
  /**
   * The arms, in the order that they ran
   */
  results: RaceResult[];
  /**
   * Position in results of the arm that the model then ran on; none when the race chose none
   */
  winner?: number | null;
}
/**
 * One arm of a race: how far it came, and how fast it was.
 */
interface RaceResult {
  backend: Backend;
  /**
   * The variant's name, for example float16
   */
  variant?: string;
  outcome: RaceOutcome;
  /**
   * Start of the backend
   */
  start_ms?: number | null;
  /**
   * Load and build of the model, from the cache where it can be
   */
  load_ms?: number | null;
  /**
   * First prediction until ready: shader compilation included
   */
  first_ms?: number | null;
  /**
   * Median of the warm predictions until ready; a measured arm has it
   */
  ready_ms?: number | null;
  /**
   * Warm predictions made
   */
  runs?: number;
}
/**
 * What one session's predictions left behind while it was traced (leakTrace); no sites: nothing grew.
 */
interface LeakTrace {
  /**
   * The model's name, as the page gave it
   */
  model: string;
  /**
   * The variant's name, for example float16
   */
  variant?: string;
  backend: Backend;
  /**
   * A plan can choose backend or variant; false for a model that the page only had watched
   */
  steerable?: boolean;
  engine?: Engine;
  /**
   * When the trace was looked at
   */
  at: number;
  /**
   * Predictions of this model that were traced
   */
  predictions: number;
  /**
   * Models of this name that came meanwhile
   */
  loads?: number;
  /**
   * Call sites of what stays and grows in number, the most bytes first
   */
  sites?: LeakSite[];
}
/**
 * One call site, and what it left behind.
 */
interface LeakSite {
  /**
   * Predictions of the model in which it left that behind
   */
  predictions: number;
  /**
   * How many stayed, of all shapes
   */
  count: number;
  /**
   * Their bytes
   */
  bytes?: number;
  /**
   * How many shapes and dtypes they have
   */
  kinds?: number;
  /**
   * By shape and dtype, the most bytes first; 8 of them when there are more
   */
  tensors: LeakedTensors[];
  /**
   * The calls that made them, the innermost first; the innermost are left out where there are too many
   */
  frames: LeakFrame[];
}
/**
 * Tensors of one shape and dtype that one call site left behind, or sessions.
 */
interface LeakedTensors {
  /**
   * Sizes of the axes, joined by commas; empty for a scalar and for a session
   */
  shape?: string;
  dtype: LeakedDtype;
  /**
   * How many stayed
   */
  count: number;
  /**
   * Their bytes
   */
  bytes?: number;
}
/**
 * A place in a script of the page. Nobody can read it without having that script.
 */
interface LeakFrame {
  /**
   * First 32 hex digits of SHA-256 over the script's bytes; over its path, without origin and query, where the page may not read its bytes
   */
  script: string;
  /**
   * Line in that script, from 1
   */
  line: number;
  /**
   * Column in that line, from 1
   */
  column: number;
}
/**
 * Memory against predictions made, at most 16 points a window: what a leak's slope is read from.
 *
 * Points are taken before a prediction starts, when a page that disposes of its tensors holds only its weights.
 * The stride between points doubles whenever they become too many, so an hour costs what a second does.
 */
/** One look at the engine, by the wire's names. What the backend does not tell is left out or undefined. */
interface Memory {
  tensors: number;
  bytes: number;
  /** What tensors use on the GPU. */
  gpu_bytes?: number | undefined;
  /** What the engine holds on the GPU: what is in use, and what waits for reuse. */
  gpu_allocated_bytes?: number | undefined;
  /** Size of the wasm heap, which never shrinks. */
  heap_bytes?: number | undefined;
}
/** One call of a model under measurement. Opaque to adapters. */
interface Prediction {
  readonly start: number;
}
/** What an adapter tells the core. Nothing here throws. */
interface Observer {
  /** A call starts; undefined when nothing is measured, and then the adapter only passes the call on. */
  begin(): Prediction | undefined;
  /**
   * The call returned something that is awaited when the page likes. Not there until the lazily loaded part is, and not
   * needed where the wait begins at once.
   */
  returned?(prediction: Prediction): void;
  /** The call returned, or its promise settled: the work was handed to the device. */
  dispatched(prediction: Prediction): void;
  /** The caller begins to wait for the result, or to read it: from here on, silence is a hang. */
  awaited(prediction: Prediction): void;
  /**
   * The result was really there: now, or `ms` after the call started. `output`: what the page's own read gave it, or with
   * `return` what the call returned; looked at only when the page asked for a check.
   */
  ready(prediction: Prediction, method: ReadyMethod, output?: unknown, ms?: number): void;
  /** The call threw or rejected, or its result could not be read. */
  failed(prediction: Prediction, error: unknown): void;
  /**
   * Whether this call should be timed on the device: rare, and only while nothing else runs. Not there until the lazily
   * loaded part is.
   */
  wantsKernelTime?(): boolean;
  /** This call is being timed on the device, which slows it: its other times are left out. As `wantsKernelTime`. */
  kernelTimed?(prediction: Prediction): void;
  /** The device's own time of one call. As `wantsKernelTime`. */
  kernel?(prediction: Prediction, ms: number, method: KernelMethod): void;
  /** The page disposed of the model: it is let go. */
  disposed(): void;
  /** Something of the SDK itself failed. */
  fault(error: unknown): void;
}
/** What executes models now. */
interface Executor {
  backend: Backend;
  /** wasm threads; left out when it does not apply. */
  threads?: number | undefined;
}
interface Adapter {
  readonly engine: Engine;
  /**
   * What executes this model; without one, what the next would run on. Cheap, without side effects; `other` before a
   * backend is up.
   */
  executor(model?: object): Executor;
  /** Tensors and bytes now. Cheap, without side effects. */
  memory(): Memory | undefined;
  /** Puts a model under observation, the same object staying in use. Returns what undoes it. */
  observe(model: object, observer: Observer): () => void;
  /** Starting backends and hearing of their loss: not needed at first, so it may be a file of its own. */
  backends(): Promise<Backends>;
}
/** Tells of a lost device, and which models were on it: all of the adapter's when that is left out. */
type Lost = (kind: 'context_lost' | 'device_lost' | 'out_of_memory', backend: Backend, wasOn?: (model: object) => boolean) => void;
/** What a plan says of the wasm runtime. It holds only for one that has not started yet. */
interface WasmSettings {
  threads?: number | undefined;
  /**
   * Where the runtime's files are, with a slash at the end, if all of these are really there; undefined keeps what the
   * page set. A wrong place would take wasm from the page for good.
   */
  paths?(files: readonly string[]): Promise<string | undefined>;
}
/** What was made, and stays until it is let go of. */
interface Made {
  /** Sizes of a tensor's axes, joined by commas. */
  shape: string;
  /** `session`: an inference session, which has no shape. */
  dtype: LeakedDtype;
  bytes: number;
}
/** Is told of what a library makes and lets go of. Nothing here throws. */
interface Makings {
  /** Called where it was made. `below` is the function of ours that the library called. */
  born(id: unknown, made: Made, below: unknown): void;
  gone(id: unknown): void;
  /** The library threw away all that it had. */
  cleared(): void;
}
interface Backends {
  /** Each model has a backend of its own; otherwise all share the one that was started last. */
  readonly perModel?: boolean;
  /** The page alone decides what executes a model: `start` only tells whether it is the wanted backend. */
  readonly fixed?: boolean;
  /** The library's own version. */
  readonly version?: string | undefined;
  /** What the page can start, for a race that no plan has arms for. */
  offers?(): Backend[];
  /** Remembers which backend is current, if any; what it returns makes it so again, or lets the library pick as at first. */
  restorer?(): () => Promise<unknown>;
  /** Whether a backend has been started before, so that starting it costs nothing. */
  isStarted(backend: Backend): boolean;
  /** Starts a backend and makes it current; false or a throw when it does not start. */
  start(backend: Backend, wasm?: WasmSettings): Promise<boolean>;
  /** Lets the library pick its own backend. */
  startDefault(): Promise<void>;
  /**
   * A backend was lost, or its start never ends: what the library holds of it is let go, and the library no longer
   * picks it by itself, unless `staysPicked`. It can be started anew.
   */
  giveUp?(backend: Backend, staysPicked?: boolean): void;
  /**
   * What the page does with the runtime: `busy` when it lately ran models other than this one, `pending` when calls of
   * its are under way. Without it, a check may run at any time.
   */
  inUse?(model?: object): 'busy' | 'pending' | undefined;
  /** Runs a check which no call of the page overlaps: those that come meanwhile are made one after the other. */
  alone?<T>(check: () => Promise<T>): Promise<T>;
  /**
   * Has the library read what this gives, where it gives something, in place of what it would fetch. Returns what ends
   * that. Without it the page passes checked files on, or they are read from the browser's cache.
   */
  serve?(give: (url: string) => Promise<Response> | undefined): () => void;
  /** Tells of everything that is made and let go of from now on. Returns what ends that. */
  trace?(makings: Makings): Promise<() => void>;
  /** Tells of every loss of the device behind the current backend, once for each loss, and of memory it ran out of. */
  watchLoss(lost: Lost): void;
}
export { Window as _, Engine as a, FallbackTaken as c, LeakTrace as d, LeakedDtype as f, Stage as g, Report as h, Backend as i, Incident as l, Race as m, Memory as n, ErrorName as o, Load as p, ArmSource as r, Exposure as s, Adapter as t, IncidentKind as u };