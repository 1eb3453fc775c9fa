/** The public surface: what a page passes in and gets back. */

import type {
  ArmSource,
  Backend,
  Exposure,
  Incident,
  Load,
  Report,
  Stage,
  Window,
} from '../generated/report.js';
import type { Adapter } from './adapter.js';
import type { Host } from './host.js';
import type { Snapshot } from './snapshot.js';

/** Only `app` and `endpoint` are needed. What makes no sense is told on the console, and then nothing is measured. */
export interface MonitorOptions {
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
  /** Replaces parts of the page: for tests, and for workers, which are not told that their page ends. */
  host?: Partial<Host>;
}

/** An arm that the page forces. */
export interface Override {
  /** Default: what the library picks. */
  backend?: Backend;
  /** One of `variants`. Default the first. */
  variant?: string;
}

export interface LoadOptions<M extends object> {
  /** What watches the model and starts its backend: `tfjs(tf)`, `ort(ort)` or `any()`. */
  adapter: Adapter;
  /**
   * Loads the model from a URL, for example `(url) => tf.loadGraphModel(url)`. `backend` is what the plan chose for it;
   * undefined: whatever you would run it on. What it throws, `load` throws.
   */
  load: (url: string, backend?: Backend) => Promise<M>;
  /** Where the model is, when it has one variant only (named `original`). */
  url?: string;
  /** Where each variant is, by name. The first one is the page's own choice. */
  variants?: Readonly<Record<string, string>>;
  /** Forces an arm, whatever remote config says. */
  override?: Override;
}

export interface WrapOptions {
  /** What watches the model: `tfjs(tf)`, `ort(ort)` or `any()`. */
  adapter: Adapter;
  /** Which variant this is, for reports. Default `original`. */
  variant?: string;
}

/** A model under observation. */
export interface WatchedModel<M extends object> {
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
export interface MonitorEvents {
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
  /** A report was acknowledged, or taken by the browser on exit. */
  report: Report;
  /** Items were let go; their number is in the next report. */
  dropped: { reason: string; count: number };
}

export interface Monitor {
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
  stage(name: string, options?: { model?: string }): () => void;
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
