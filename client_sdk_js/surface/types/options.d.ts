import { _ as Window, a as Engine, c as FallbackTaken, d as LeakTrace, f as LeakedDtype, g as Stage, h as Report, i as Backend, l as Incident, m as Race, o as ErrorName, p as Load, r as ArmSource, s as Exposure, t as Adapter, u as IncidentKind } from "./adapter.js";

// core/host.d.ts
/** What the SDK asks of the page it lives in: clocks, chance, storage, the network. Tests inject their own. */
interface Host {
  /** Monotonic milliseconds, for durations. */
  now(): number;
  /** Epoch milliseconds, for the wire. */
  epoch(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Runs `fn` once, later. Returns what cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** Runs `fn` once, when the page is idle. */
  idle?(fn: () => void): void;
  /** Default `localStorage`, where it is allowed. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & Partial<Pick<Storage, 'key' | 'length'>>;
  /** Default the page's own. */
  fetch?: typeof fetch;
  /** False when the browser does not take the beacon. */
  beacon(url: string, body: string): boolean;
  /** False when the browser knows that it is offline. */
  online(): boolean;
  /** Whether nobody sees the page now: hidden, or prerendered and not activated yet. */
  hidden(): boolean | undefined;
  /** Whether the browser made the page ahead of a visit that may never come. */
  prerendering(): boolean | undefined;
  /** Calls `hide` when the page may be about to end, `show` when it comes back. Returns what detaches both. */
  visibility(hide: () => void, show: () => void): () => void;
}
/** In ms, within 2 %; undefined without a measurement. */
interface Quantiles {
  /** The median. */
  p50?: number | undefined;
  /** 95 % are below. */
  p95?: number | undefined;
  /** 99 % are below. */
  p99?: number | undefined;
}
/** How many durations lay in `[from_ms, to_ms)`. */
interface DurationBucket {
  /** The lower edge, in ms. */
  from_ms: number;
  /** 1.04 times `from_ms`, in every bucket. */
  to_ms: number;
  /** How many. */
  count: number;
}
/** How long something took. */
interface Durations extends Quantiles {
  /** Durations measured: what the buckets add up to. */
  count: number;
  /** Shortest first; only those that counted something. */
  buckets: DurationBucket[];
}
/** Why a model runs as it does. All undefined for a model that the page loaded by itself. */
interface Chosen {
  /** With which the arm was drawn, in (0, 1]. */
  probability?: number | undefined;
  /** Of the remote config that was gone by, if there was one. */
  config_version?: number | undefined;
  /** The kind of device that it was made for, for example `form=desktop,os=linux`. */
  device_class?: string | undefined;
  /** What was tried before and did not start, first tried first. */
  fallbacks?: FallbackTaken[] | undefined;
  /** Of the race that it took part in before it was handed over; undefined when an earlier visit raced, or nobody did. */
  race?: Race | undefined;
}
/** One watched model. */
interface ModelSnapshot {
  /** As it was named to `load` or `wrap`. */
  model: string;
  /** `original` when there is one only. */
  variant: string;
  /** The inference library. */
  engine: Engine;
  /** What executes it now. */
  backend: Backend;
  /** wasm threads, 0 when it does not apply. */
  threads: number;
  /** Who chose backend and variant. */
  source: ArmSource;
  /** Why it runs so. */
  chosen: Chosen;
  /** Predictions, those that failed included. */
  count: number;
  /** Predictions that threw or rejected. */
  errors: number;
  /** Until the call returned. */
  dispatch_ms: Durations;
  /** Until the result was really there. */
  ready_ms: Durations;
  /** Of the whole engine, before the last prediction of any model of this name. */
  tensors: number | undefined;
  /** Of those tensors. */
  bytes: number | undefined;
  /** Held on the GPU, where the backend tells. */
  gpu_bytes: number | undefined;
  /**
   * What each prediction leaves behind, after the first ones; a clean model has 0. Models of one name count together: one that
   * is loaded anew for each task and never disposed of leaves its weights behind.
   */
  tensors_per_prediction: number | undefined;
  /** In bytes. */
  bytes_per_prediction: number | undefined;
  /** In bytes on the GPU, where the backend tells. */
  gpu_bytes_per_prediction: number | undefined;
}
/** The spans of one name. */
interface StageSnapshot {
  /** As it was named to `stage`. */
  stage: string;
  /** The model that it belongs to, if one was named. */
  model: string | undefined;
  /** How long a span took. */
  span_ms: Durations;
}
/** Incidents that differ in nothing but their time. */
interface IncidentSnapshot {
  /** The model that it happened to. */
  model: string;
  /** Undefined for `original`. */
  variant: string | undefined;
  /** What it ran on. */
  backend: Backend;
  /** What happened. */
  kind: IncidentKind;
  /** The exception's class, if there was one. */
  error: ErrorName | undefined;
  /** Epoch milliseconds of the last one. */
  at: number;
  /** How often. */
  count: number;
}
/** A place in a script of the page, counted from 1. */
interface PlaceSnapshot {
  /** The script's address. */
  url: string;
  line: number;
  column: number;
  /** The function's name; '' when it has none. */
  name: string;
}
/** What one model's predictions left behind, while it was traced (`leakTrace`). */
interface LeakSnapshot {
  /** As it was named to `load` or `wrap`. */
  model: string;
  /** What executes it. */
  backend: Backend;
  /** Predictions that were traced. */
  predictions: number;
  /** Call sites of what stays and grows in number, the most bytes first. Empty: nothing does. */
  sites: {
    /** Predictions in which it did. */predictions: number; /** By shape and dtype, the most bytes first; `bytes` of each one. */
    left: {
      shape: string;
      dtype: LeakedDtype;
      bytes: number;
      count: number;
    }[]; /** The calls that made it, the innermost first. */
    frames: PlaceSnapshot[];
  }[];
}
/** What `snapshot()` gives: figures of now, which do not change by themselves. */
interface Snapshot {
  /** Whether this session measures: options, consent, Global Privacy Control, sampling and the kill switch agree. */
  enabled: boolean;
  /** Random, as long as the page lives; in each of its reports. */
  session: string;
  /** This and all that follows but `reports`: empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
  /** Every stage of this page life. */
  stages: StageSnapshot[];
  /** At most 32, the latest last. */
  incidents: IncidentSnapshot[];
  /** Items let go, by reason. Undefined as long as the lazily loaded part is not there. */
  drops?: Record<string, number>;
  /** Of each model that is traced (`leakTrace`), as of the last look at it: after 60 predictions, 120, 240 and so on. */
  leaks?: LeakSnapshot[] | undefined;
  /**
   * What keeps the monitor from its work, each as a sentence with what to do: why nothing is measured, a model that is not
   * watched or saw no call, reports that are refused or do not arrive, a part that failed or did not load. Undefined as long
   * as the lazily loaded part is on its way.
   */
  problems?: string[] | undefined;
  /** Reports that arrived, reports that wait, and items that were let go. */
  reports: {
    acknowledged: number;
    queued: number;
    dropped: number;
  };
}
/** Only `app` and `endpoint` are needed. What makes no sense is told on the console, and then nothing is measured. */
interface MonitorOptions {
  /** The app's name, as declared to the collector: `a-z 0-9 _ -`, at most 63 characters. */
  app: string;
  /** The collector, for example `https://collector.example`, without `/v1`; '' or '/' is the page's own origin. */
  endpoint: string;
  /** The app's write key; without it the collector refuses. It is public by nature: it may only add reports. */
  key?: string;
  /** The app's release, so that one can be compared with the next: `A-Z a-z 0-9 . _ + / @ -`, at most 64. Default ''. */
  release?: string;
  /**
   * Releases of models by the names that they are watched by, for example `{ face: '2026-11' }`, each as `release`: a model
   * that is exchanged without a release of the app can be compared with the one before. Default none.
   */
  modelReleases?: Readonly<Record<string, string>>;
  /**
   * Ed25519 key of the collector, 32 bytes base64url. With it, a config that is unsigned, wrong or older than the last one is
   * refused, and so is every one where WebCrypto has no Ed25519. Default: configs are taken as they come.
   */
  configPublicKey?: string;
  /** How long `load` waits for remote config, in ms. Default 300; 0 goes by the last known one. */
  configBudgetMs?: number;
  /** False: no remote config, the library picks its backend. Default true. */
  remoteConfig?: boolean;
  /**
   * False: no backends are raced on this device, whatever remote config says. Default true: config may draw this install for
   * a race, which each model with a `check.canary` or a `race.run` takes part in.
   */
  race?: boolean;
  /** Backends that remote config may choose. Default all. */
  backends?: readonly Backend[];
  /** Origins, besides the page's own, that remote config may load models and wasm files from. Default none. */
  modelOrigins?: readonly string[];
  /** Length of a window, and of the pause between reports, in ms. Default, and at most, 60,000. */
  windowMs?: number;
  /** After how many ms a result that is waited for counts as a hang. Default 30,000: compiling shaders can take 20 s. */
  hangMs?: number;
  /** One prediction in so many is timed on the device itself (webgl only). Default 1,000; 0 turns it off. */
  kernelEvery?: number;
  /**
   * False: nothing is measured, kept or asked until `consent(true)`, and `load` loads as the page itself would.
   * Default true.
   */
  consent?: boolean;
  /**
   * With `respect`, the default, nothing is reported for visitors whose browser sends Global Privacy Control; with `ignore`
   * your `consent` decides alone.
   */
  globalPrivacyControl?: 'respect' | 'ignore';
  /** The share of sessions that report, 0 to 1, on top of the share that remote config says. Default 1. */
  sampleRate?: number;
  /**
   * True: a model that leaks tensors is told on the console, once, with its name and the slope. Default: on localhost
   * (`localhost`, `*.localhost`, `127.*`, `[::1]`).
   */
  dev?: boolean;
  /**
   * The share of sessions, 0 to 1, in which tensors that stay are followed to the lines that made them: for development and
   * canary releases, since it costs time in each prediction. An object says for how many predictions, too. Default 0.
   */
  leakTrace?: number | LeakTraceOptions;
  /**
   * False: the SDK makes no worker. For a Content-Security-Policy that forbids it, or that allows no Trusted Types policy
   * named `inferfleet`: sent as a header it cannot be seen from here, and the browser would report the attempt. Default true.
   */
  worker?: boolean;
  /** Replaces parts of the page: for tests, and for workers, which are not told that their page ends. */
  host?: Partial<Host>;
}
/** How leaks are traced to the lines that make them. */
interface LeakTraceOptions {
  /** The share of sessions that are traced, 0 to 1. Default 1. */
  share?: number;
  /** How many predictions a session is traced for, those of all models together. Default 500, at most 100,000. */
  predictions?: number;
}
/** An arm that the page forces. */
interface Override {
  /** Default: what the library picks. */
  backend?: Backend;
  /** One of `variants`. Default the first. */
  variant?: string;
}
/** The files of a model, each of which was held against its hash. */
interface CheckedModelFiles {
  /**
   * Gives the very bytes that were checked, and fetches whatever else it is asked for. TensorFlow.js with `tfjs(tf)` reads
   * them without it; with another engine, fetch the model by this, so that it is not downloaded twice.
   */
  fetch: typeof globalThis.fetch;
}
interface LoadOptions<M extends object> {
  /** What watches the model and starts its backend: `tfjs(tf)`, `ort(ort)` or `any()`. */
  adapter: Adapter;
  /**
   * Loads the model from a URL, for example `(url) => tf.loadGraphModel(url)`. `backend` is what the plan chose for it;
   * undefined: whatever you would run it on. `files` is there when the plan names the hashes of the model's files. What it
   * throws, `load` throws.
   */
  load: (url: string, backend?: Backend, files?: CheckedModelFiles) => Promise<M>;
  /** Where the model is, when it has one variant only (named `original`). */
  url?: string;
  /** Where each variant is, by name. The first one is the page's own choice. */
  variants?: Readonly<Record<string, string>>;
  /** Forces an arm, whatever remote config says. */
  override?: Override;
  /** Whether results are held against what they should be; `{}` looks for NaN and Infinity. Default not. */
  check?: OutputCheck<M>;
  /**
   * How long loading may take, in ms, while there is something else left to try. Default 60,000 for a variant that the
   * plan chose, 180,000 for the page's own one on a backend that it chose; what the page would do anyway is never cut.
   */
  attemptMs?: number;
  /** How this model is raced; false: it is not. */
  race?: RaceOptions<M> | false;
}
/** How the backends that a model could run on are raced against each other before it is handed over. */
interface RaceOptions<M extends object> {
  /**
   * Runs the model on a reference input of the page's, never on a visitor's data, and gives the output, flattened. Whoever
   * makes tensors here disposes of them. Default `check.canary`; a model without either is not raced.
   */
  run?: OutputCheck<M>['canary'];
  /** What a race may take in all, in ms, at most 60,000. Default what the plan says, which is 1,500 by default. */
  budgetMs?: number;
}
/** Runs a model on the page's reference input; null when there is no input, which says nothing of the model. */
interface CanaryRun<M extends object> {
  (model: M): ArrayLike<number> | null | PromiseLike<ArrayLike<number> | null>;
  /** The recorded canary that it runs: its answer is held against no other. */
  readonly id?: string | undefined;
}
/** How results are told from wrong ones. No tensor's contents leave the page: an incident has a kind only. */
interface OutputCheck<M extends object> {
  /**
   * One result in so many, the first one included, is looked at for NaN and Infinity: at what the page's own read gave
   * it; on cpu and wasm at the tensor itself. Default 100; 0 turns it off.
   */
  every?: number;
  /**
   * Also takes it for wrong when all values of a result are the same, three times in a row among those looked at. Not for
   * models that answer so when there is nothing to see, as a mask of zeros. Default false.
   */
  constant?: boolean;
  /**
   * Runs the model on the page's reference input and gives the output, flattened. Called once for each model that loads,
   * when the config has a reference output for it; whoever makes tensors here disposes of them. `inferfleet/canary`
   * makes one for a canary that `inferfleet canary record` recorded.
   */
  canary?: CanaryRun<M>;
  /**
   * How long `load` waits for the canary, in ms. Default 3,000. A later verdict is told by `lost`; `wrap` never waits.
   */
  canaryMs?: number;
}
interface WrapOptions<M extends object = object> {
  /** What watches the model: `tfjs(tf)`, `ort(ort)` or `any()`. */
  adapter: Adapter;
  /** Which variant this is, for reports. Default `original`. */
  variant?: string;
  /** See `LoadOptions`. */
  check?: OutputCheck<M>;
}
/** A model under observation. */
interface WatchedModel<M extends object> {
  /** The very object that was loaded or passed in: identical returns and throws. */
  readonly model: M;
  /** What executes it now; `other` before a backend is up. */
  readonly backend: Backend;
  /** Which of the `variants` it is; `original` when there is one only. */
  readonly variant: string;
  /** Who chose backend and variant. */
  readonly source: ArmSource;
  /** Ends the observation: what was measured is kept for the next report, and the model works as it came. */
  unwrap(): void;
}
/** What a model ran on is of no use to it any more. */
interface LostModel {
  /** As it was named to `load` or `wrap`. */
  model: string;
  /** The one that ran. */
  variant: string;
  /** What was lost, or gave wrong results. */
  backend: Backend;
  /** What happened. `failed`: the model loaded as a plan said, and its first predictions all threw. */
  kind: 'context_lost' | 'device_lost' | 'hang' | 'wrong_output' | 'out_of_memory' | 'failed';
  /** The handle until now. Its model is the page's to dispose of. */
  watched: WatchedModel<object>;
  /**
   * Loads the model again by the plan without that backend, observes the new one instead, and gives its handle, whose
   * source is `fallback`. Once: later calls give the same promise. It rejects with what the page's own `load` threw.
   * undefined for a model that was only wrapped, or loaded while the SDK's lazy part was not there: nobody knows how.
   */
  reload?: <M extends object>() => Promise<WatchedModel<M>>;
}
/** What `on` tells of: mostly what goes into reports. */
interface MonitorEvents {
  /** Measured predictions: when a window closes. */
  window: Window;
  /** A model was loaded: with its first prediction, or at the end without one. */
  load: Load;
  /** Something went wrong. A repeat is told with its count. */
  incident: Incident;
  /** A model came to run, and who chose what on. */
  exposure: Exposure;
  /** A stage's spans of at most a minute. */
  stage: Stage;
  /** Backends were raced on this device. */
  race: Race;
  /** What stays in memory, as far as this session was traced (`leakTrace`). */
  leak_trace: LeakTrace;
  /** A report was acknowledged, or taken by the browser on exit. */
  report: Report;
  /**
   * A context or device was lost, a result never came, was wrong, or did not fit into memory: once for each model and
   * cause. Nothing is done about it unless the page calls `reload`.
   */
  lost: LostModel;
  /** Items were let go; their number is in the next report. */
  dropped: {
    reason: string;
    count: number;
  };
}
interface Monitor {
  /**
   * Loads a model the way the plan for this device says, falling back until something starts. `name` may hold
   * `A-Z a-z 0-9 . _ + -`, at most 64; under another one it is loaded and not watched. Rejects with what the page's own `load`
   * threw for the last that was tried, and with nothing else.
   */
  load<M extends object>(name: string, options: LoadOptions<M>): Promise<WatchedModel<M>>;
  /**
   * As `load`, and races the backends first, whatever share of installs the plan draws: for a page that is behind a loading
   * screen. The winner of an earlier race is started at once instead, as long as it is remembered. Where nothing can be
   * raced it is `load`. Never rejects with anything else.
   */
  race<M extends object>(name: string, options: LoadOptions<M>): Promise<WatchedModel<M>>;
  /** Watches a model that the page loaded by itself. Wrapping twice gives the same handle. Never throws. */
  wrap<M extends object>(name: string, model: M, options: WrapOptions<M>): WatchedModel<M>;
  /**
   * Starts a span of a pipeline, `pre`, `infer`, `post` or a name of your own; call what it returns at the end. `frame`
   * around all of them gives frames per second. `model` says whose span it is. Never throws.
   */
  stage(name: string, options?: {
    model?: string;
  }): () => void;
  /** What was measured in this page life, for a live display. */
  snapshot(): Snapshot;
  /** Listens; returns what ends it. A listener that throws is counted, not heard. */
  on<E extends keyof MonitorEvents>(event: E, listener: (value: MonitorEvents[E]) => void): () => void;
  /** The visitor's answer. False forgets what was measured and kept; models go on running as they are. */
  consent(given: boolean): void;
  /**
   * Closes windows and sends, now instead of at the end of the minute; a window in which a result is waited for stays open.
   * Resolves when the collector answered or failed. Never rejects.
   */
  flush(): Promise<void>;
  /** Sends what is left (by beacon), ends all observation and detaches from the page. There is no way back. */
  close(): void;
}
export { ModelSnapshot as _, Monitor as a, StageSnapshot as b, OutputCheck as c, WatchedModel as d, WrapOptions as f, IncidentSnapshot as g, Durations as h, LostModel as i, Override as l, DurationBucket as m, CheckedModelFiles as n, MonitorEvents as o, Chosen as p, LoadOptions as r, MonitorOptions as s, CanaryRun as t, RaceOptions as u, Quantiles as v, Snapshot as y };