import { a as ErrorName, c as Incident, d as Report, f as Stage, i as Engine, l as IncidentKind, n as ArmSource, o as Exposure, p as Window, r as Backend, s as FallbackTaken, t as Adapter, u as Load } from "./adapter.js";

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
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Default the page's own. */
  fetch?: typeof fetch;
  /** False when the browser does not take the beacon. */
  beacon(url: string, body: string): boolean;
  /** False when the browser knows that it is offline. */
  online(): boolean;
  /** Calls `hide` when the page may be about to end, `show` when it comes back. Returns what detaches both. */
  visibility(hide: () => void, show: () => void): () => void;
}
/** Milliseconds; undefined without a measurement. Within 2 % of a duration that was measured. */
interface Quantiles {
  p50?: number | undefined;
  p95?: number | undefined;
  p99?: number | undefined;
}
/** How many durations lay in `[from_ms, to_ms)`. */
interface DurationBucket {
  from_ms: number;
  /** 1.04 times `from_ms`, in every bucket. */
  to_ms: number;
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
}
interface ModelSnapshot {
  model: string;
  variant: string;
  engine: Engine;
  backend: Backend;
  /** wasm threads, 0 when it does not apply. */
  threads: number;
  source: ArmSource;
  chosen: Chosen;
  /** Predictions, those that failed included. */
  count: number;
  errors: number;
  /** Until the call returned. */
  dispatch_ms: Durations;
  /** Until the result was really there. */
  ready_ms: Durations;
  /** Of the whole engine, before the last prediction. */
  tensors: number | undefined;
  bytes: number | undefined;
  gpu_bytes: number | undefined;
  /** What each prediction leaves behind, after the first ones; a clean model has 0. */
  tensors_per_prediction: number | undefined;
  bytes_per_prediction: number | undefined;
  gpu_bytes_per_prediction: number | undefined;
}
/** The spans of one name. */
interface StageSnapshot {
  stage: string;
  model: string | undefined;
  span_ms: Durations;
}
/** Incidents that differ in nothing but their time. */
interface IncidentSnapshot {
  model: string;
  variant: string | undefined;
  backend: Backend;
  kind: IncidentKind;
  error: ErrorName | undefined;
  /** Epoch milliseconds of the last one. */
  at: number;
  count: number;
}
interface Snapshot {
  enabled: boolean;
  session: string;
  /** This and all that follows but `reports`: empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
  stages: StageSnapshot[];
  /** At most 32, the latest last. */
  incidents: IncidentSnapshot[];
  /** Items let go, by reason. */
  drops?: Record<string, number>;
  reports: {
    acknowledged: number;
    queued: number;
    dropped: number;
  };
}
interface MonitorOptions {
  /** The app's name, as declared to the collector. */
  app: string;
  /** The collector, for example `https://collector.example`; '' or '/' is the page's own origin. */
  endpoint: string;
  /** The app's write key. It is public by nature: it may only add reports. */
  key?: string;
  /** The app's release, so that one can be compared with the next. */
  release?: string;
  /** Ed25519 key of the collector, 32 bytes base64url. With it, a config that is unsigned or wrong is refused. */
  configPublicKey?: string;
  /** How long `load` waits for remote config. Default 300 ms; 0 goes by the last known one. */
  configBudgetMs?: number;
  /** False: no remote config, the library picks its backend. Default true. */
  remoteConfig?: boolean;
  /** Backends that remote config may choose. Default all. */
  backends?: readonly Backend[];
  /** Origins, besides the page's own, that remote config may load models from. */
  modelOrigins?: readonly string[];
  /** Length of a window. Default, and at most, 60,000 ms. */
  windowMs?: number;
  /** After how long a result that is waited for counts as a hang. Default 30,000 ms: compiling shaders can take 20 s. */
  hangMs?: number;
  /** One prediction in so many is timed on the device itself. Default 1,000; 0 turns it off. */
  kernelEvery?: number;
  /**
   * False: nothing is measured, kept or asked until `consent(true)`, and `load` loads as the page itself would.
   * Default true.
   */
  consent?: boolean;
  /** With `respect`, the default, nothing is reported for visitors whose browser sends Global Privacy Control. */
  globalPrivacyControl?: 'respect' | 'ignore';
  /** The share of sessions that report, on top of the share that remote config says. Default 1. */
  sampleRate?: number;
  /**
   * True: a model that leaks tensors is told on the console, once, with its name and the slope. Default: on localhost
   * (`localhost`, `*.localhost`, `127.*`, `[::1]`).
   */
  dev?: boolean;
  /** For tests: replaces parts of the page. */
  host?: Partial<Host>;
}
/** An arm that the page forces. */
interface Override {
  backend?: Backend;
  variant?: string;
}
interface LoadOptions<M extends object> {
  adapter: Adapter;
  /** Loads the model from a URL, for example `(url) => tf.loadGraphModel(url)`. What it throws, `load` throws. */
  load: (url: string) => Promise<M>;
  /** Where the model is, when it has one variant only (named `original`). */
  url?: string;
  /** Where each variant is. The first one is the page's own choice. */
  variants?: Readonly<Record<string, string>>;
  /** Forces an arm, whatever remote config says. */
  override?: Override;
}
interface WrapOptions {
  adapter: Adapter;
  /** Default `original`. */
  variant?: string;
}
/** A model under observation. */
interface WatchedModel<M extends object> {
  /** The very object that was loaded or passed in: identical returns and throws. */
  readonly model: M;
  /** What executes it now. */
  readonly backend: Backend;
  readonly variant: string;
  readonly source: ArmSource;
  /** Ends the observation. The model goes on working as it came. */
  unwrap(): void;
}
interface MonitorEvents {
  window: Window;
  load: Load;
  incident: Incident;
  exposure: Exposure;
  stage: Stage;
  /** A report was acknowledged, or taken by the browser on exit. */
  report: Report;
  /** Items were let go; their number is in the next report. */
  dropped: {
    reason: string;
    count: number;
  };
}
interface Monitor {
  /** Loads a model the way the plan for this device says, falling back until something starts. */
  load<M extends object>(name: string, options: LoadOptions<M>): Promise<WatchedModel<M>>;
  /** Watches a model that the page loaded by itself. Wrapping twice gives the same handle. */
  wrap<M extends object>(name: string, model: M, options: WrapOptions): WatchedModel<M>;
  /** Starts a span of a pipeline; call what it returns at the end. */
  stage(name: string, options?: {
    model?: string;
  }): () => void;
  /** What was measured in this page life, for a live display. */
  snapshot(): Snapshot;
  /** Listens; returns what ends it. A listener that throws is counted, not heard. */
  on<E extends keyof MonitorEvents>(event: E, listener: (value: MonitorEvents[E]) => void): () => void;
  /** The visitor's answer. False forgets what was measured and kept; models go on running as they are. */
  consent(given: boolean): void;
  /** Closes all windows and sends; resolves when the collector answered or failed. Never rejects. */
  flush(): Promise<void>;
  /** Sends what is left, ends all observation and detaches from the page. */
  close(): void;
}
export { Override as a, Chosen as c, IncidentSnapshot as d, ModelSnapshot as f, StageSnapshot as h, MonitorOptions as i, DurationBucket as l, Snapshot as m, Monitor as n, WatchedModel as o, Quantiles as p, MonitorEvents as r, WrapOptions as s, LoadOptions as t, Durations as u };
