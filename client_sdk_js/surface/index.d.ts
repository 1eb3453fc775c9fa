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
/** In ms, within 2 %; undefined without a measurement. */
interface Quantiles {
  /** The median. */
  p50?: number | undefined;
  /** 95 % are below. */
  p95?: number | undefined;
}
/** One watched model. */
interface ModelSnapshot {
  /** As it was named to `load` or `wrap`. */
  model: string;
  /** `original` when there is one only. */
  variant: string;
  /** What executes it now. */
  backend: Backend;
  /** Who chose backend and variant. */
  source: ArmSource;
  /** Predictions, those that failed included. */
  count: number;
  /** Predictions that threw or rejected. */
  errors: number;
  /** Until the call returned. */
  dispatch_ms: Quantiles;
  /** Until the result was really there; without values when nobody reads it (webgl, webgpu). */
  ready_ms: Quantiles;
  /** Of the whole engine, before the last prediction. */
  tensors: number | undefined;
  /** Of those tensors. */
  bytes: number | undefined;
  /** Held on the GPU, where the backend tells. */
  gpu_bytes: number | undefined;
  /** Tensors that each prediction leaves behind, after the first ones; a clean model has 0. */
  tensors_per_prediction: number | undefined;
}
/** What `snapshot()` gives: figures of now, which do not change by themselves. */
interface Snapshot {
  /** Whether this session measures: options, consent, Global Privacy Control, sampling and the kill switch agree. */
  enabled: boolean;
  /** Random, as long as the page lives; in each of its reports. */
  session: string;
  /** Empty until the lazily loaded part is there. */
  models: ModelSnapshot[];
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
   * Ed25519 key of the collector, 32 bytes base64url. With it, a config that is unsigned, wrong or older than the last one is
   * refused, and so is every one where WebCrypto has no Ed25519. Default: configs are taken as they come.
   */
  configPublicKey?: string;
  /** How long `load` waits for remote config, in ms. Default 300; 0 goes by the last known one. */
  configBudgetMs?: number;
  /** False: no remote config, the library picks its backend. Default true. */
  remoteConfig?: boolean;
  /** Backends that remote config may choose. Default all. */
  backends?: readonly Backend[];
  /** Origins, besides the page's own, that remote config may load models from. Default none. */
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
  /** Replaces parts of the page: for tests, and for workers, which are not told that their page ends. */
  host?: Partial<Host>;
}
/** An arm that the page forces. */
interface Override {
  /** Default: what the library picks. */
  backend?: Backend;
  /** One of `variants`. Default the first. */
  variant?: string;
}
interface LoadOptions<M extends object> {
  /** What watches the model and starts its backend: `tfjs(tf)`, `ort(ort)` or `any()`. */
  adapter: Adapter;
  /** Loads the model from a URL, for example `(url) => tf.loadGraphModel(url)`. What it throws, `load` throws. */
  load: (url: string) => Promise<M>;
  /** Where the model is, when it has one variant only (named `original`). */
  url?: string;
  /** Where each variant is, by name. The first one is the page's own choice. */
  variants?: Readonly<Record<string, string>>;
  /** Forces an arm, whatever remote config says. */
  override?: Override;
}
interface WrapOptions {
  /** What watches the model: `tfjs(tf)`, `ort(ort)` or `any()`. */
  adapter: Adapter;
  /** Which variant this is, for reports. Default `original`. */
  variant?: string;
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
/** What `on` tells of, as it goes into reports. */
interface MonitorEvents {
  /** Measured predictions: when a window closes. */
  window: Window;
  /** A model was loaded: with its first prediction, or at the end without one. */
  load: Load;
  /** Something went wrong. A repeat is told with its count. */
  incident: Incident;
  /** A model came to run, and who chose what on. */
  exposure: Exposure;
  /** A report was acknowledged, or taken by the browser on exit. */
  report: Report;
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
  /** Watches a model that the page loaded by itself. Wrapping twice gives the same handle. Never throws. */
  wrap<M extends object>(name: string, model: M, options: WrapOptions): WatchedModel<M>;
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
/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
declare function createMonitor(options: MonitorOptions): Monitor;
export { type Adapter, type ArmSource, type Backend, type LoadOptions, type ModelSnapshot, type Monitor, type MonitorEvents, type MonitorOptions, type Override, type Snapshot, type WatchedModel, type WrapOptions, createMonitor };