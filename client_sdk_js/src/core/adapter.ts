/** What the core asks of an inference library. Adapters translate; all measuring and deciding is the core's. */

import type { Backend, Engine, KernelMethod, LeakedDtype, ReadyMethod } from '../generated/report.js';
import type { Memory } from './memory.js';

/** One call of a model under measurement. Opaque to adapters. */
export interface Prediction {
  readonly start: number;
}

/** What an adapter tells the core. Nothing here throws. */
export interface Observer {
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
export interface Executor {
  backend: Backend;
  /** wasm threads; left out when it does not apply. */
  threads?: number | undefined;
}

export interface Adapter {
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
export type Lost = (
  kind: 'context_lost' | 'device_lost' | 'out_of_memory',
  backend: Backend,
  wasOn?: (model: object) => boolean,
) => void;

/** What a plan says of the wasm runtime. It holds only for one that has not started yet. */
export interface WasmSettings {
  threads?: number | undefined;
  /**
   * Where the runtime's files are, with a slash at the end, if all of these are really there; undefined keeps what the
   * page set. A wrong place would take wasm from the page for good.
   */
  paths?(files: readonly string[]): Promise<string | undefined>;
}

/** What was made, and stays until it is let go of. */
export interface Made {
  /** Sizes of a tensor's axes, joined by commas. */
  shape: string;
  /** `session`: an inference session, which has no shape. */
  dtype: LeakedDtype;
  bytes: number;
}

/** Is told of what a library makes and lets go of. Nothing here throws. */
export interface Makings {
  /** Called where it was made. `below` is the function of ours that the library called. */
  born(id: unknown, made: Made, below: unknown): void;
  gone(id: unknown): void;
  /** The library threw away all that it had. */
  cleared(): void;
}

export interface Backends {
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
