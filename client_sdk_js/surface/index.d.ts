import { a as Incident, c as Window, i as Exposure, n as ArmSource, o as Load, r as Backend, s as Report, t as Adapter } from "./types/adapter.js";

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
/** undefined without a measurement. */
interface Quantiles {
  p50?: number | undefined;
  p95?: number | undefined;
}
interface ModelSnapshot {
  model: string;
  variant: string;
  backend: Backend;
  source: ArmSource;
  /** Predictions, those that failed included. */
  count: number;
  errors: number;
  dispatch_ms: Quantiles;
  ready_ms: Quantiles;
  /** Of the whole engine, before the last prediction. */
  tensors: number | undefined;
  bytes: number | undefined;
  gpu_bytes: number | undefined;
  /** Tensors that each prediction leaves behind, after the first ones; a clean model has 0. */
  tensors_per_prediction: number | undefined;
}
interface Snapshot {
  enabled: boolean;
  session: string;
  /** Empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
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
  /** Whether results are held against what they should be; `{}` looks for NaN and Infinity. Default not. */
  check?: OutputCheck<M>;
  /**
   * How long loading may take, in ms, while there is something else left to try. Default 60,000 for a variant that the
   * plan chose, 180,000 for the page's own one on a backend that it chose; what the page would do anyway is never cut.
   */
  attemptMs?: number;
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
   * when the plan has a reference output for it; whoever makes tensors here disposes of them.
   */
  canary?: (model: M) => ArrayLike<number> | PromiseLike<ArrayLike<number>>;
  /**
   * How long `load` waits for the canary, in ms. Default 3,000. A later verdict is told by `lost`; `wrap` never waits.
   */
  canaryMs?: number;
}
interface WrapOptions<M extends object = object> {
  adapter: Adapter;
  /** Default `original`. */
  variant?: string;
  /** See `LoadOptions`. */
  check?: OutputCheck<M>;
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
/** What a model ran on is of no use to it any more. */
interface LostModel {
  /** As it was named to `load` or `wrap`. */
  model: string;
  variant: string;
  /** What was lost, or gave wrong results. */
  backend: Backend;
  kind: 'context_lost' | 'device_lost' | 'hang' | 'wrong_output' | 'out_of_memory';
  /** The handle until now. Its model is the page's to dispose of. */
  watched: WatchedModel<object>;
  /**
   * Loads the model again by the plan without that backend, observes the new one instead, and gives its handle, whose
   * source is `fallback`. Once: later calls give the same promise. It rejects with what the page's own `load` threw.
   * undefined for a model that was only wrapped, or loaded while the SDK's lazy part was not there: nobody knows how.
   */
  reload?: <M extends object>() => Promise<WatchedModel<M>>;
}
interface MonitorEvents {
  window: Window;
  load: Load;
  incident: Incident;
  exposure: Exposure;
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
  /** Loads a model the way the plan for this device says, falling back until something starts. */
  load<M extends object>(name: string, options: LoadOptions<M>): Promise<WatchedModel<M>>;
  /** Watches a model that the page loaded by itself. Wrapping twice gives the same handle. */
  wrap<M extends object>(name: string, model: M, options: WrapOptions<M>): WatchedModel<M>;
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
/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
declare function createMonitor(options: MonitorOptions): Monitor;
export { type Adapter, type ArmSource, type Backend, type LoadOptions, type LostModel, type ModelSnapshot, type Monitor, type MonitorEvents, type MonitorOptions, type OutputCheck, type Override, type Snapshot, type WatchedModel, type WrapOptions, createMonitor };