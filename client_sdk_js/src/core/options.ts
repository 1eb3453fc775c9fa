/** The public surface: what a page passes in and gets back. */

import type {
  ArmSource,
  Backend,
  Exposure,
  Incident,
  LeakTrace,
  Load,
  Race,
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
export interface LeakTraceOptions {
  /** The share of sessions that are traced, 0 to 1. Default 1. */
  share?: number;
  /** How many predictions a session is traced for, those of all models together. Default 500, at most 100,000. */
  predictions?: number;
}

/** An arm that the page forces. */
export interface Override {
  /** Default: what the library picks. */
  backend?: Backend;
  /** One of `variants`. Default the first. */
  variant?: string;
}

/** The files of a model, each of which was held against its hash. */
export interface CheckedModelFiles {
  /**
   * Gives the very bytes that were checked, and fetches whatever else it is asked for. TensorFlow.js with `tfjs(tf)` reads
   * them without it; with another engine, fetch the model by this, so that it is not downloaded twice.
   */
  fetch: typeof globalThis.fetch;
}

export interface LoadOptions<M extends object> {
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
export interface RaceOptions<M extends object> {
  /**
   * Runs the model on a reference input of the page's, never on a visitor's data, and gives the output, flattened. Whoever
   * makes tensors here disposes of them. Default `check.canary`; a model without either is not raced.
   */
  run?: OutputCheck<M>['canary'];
  /** What a race may take in all, in ms, at most 60,000. Default what the plan says, which is 1,500 by default. */
  budgetMs?: number;
}

/** Runs a model on the page's reference input; null when there is no input, which says nothing of the model. */
export interface CanaryRun<M extends object> {
  (model: M): ArrayLike<number> | null | PromiseLike<ArrayLike<number> | null>;
  /** The recorded canary that it runs: its answer is held against no other. */
  readonly id?: string | undefined;
}

/** How results are told from wrong ones. No tensor's contents leave the page: an incident has a kind only. */
export interface OutputCheck<M extends object> {
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

export interface WrapOptions<M extends object = object> {
  /** What watches the model: `tfjs(tf)`, `ort(ort)` or `any()`. */
  adapter: Adapter;
  /** Which variant this is, for reports. Default `original`. */
  variant?: string;
  /** See `LoadOptions`. */
  check?: OutputCheck<M>;
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

/** What a model ran on is of no use to it any more. */
export interface LostModel {
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
  dropped: { reason: string; count: number };
}

export interface Monitor {
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
