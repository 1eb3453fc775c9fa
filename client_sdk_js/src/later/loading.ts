/** Loads a model by its plan: starts backends and fetches variants until one works, and says what it took. */

import type { Adapter, Backends } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { Page } from '../core/page.js';
import type { LoadItem } from '../core/watch.js';
import type { Backend, FallbackTaken } from '../generated/report.js';
import { type Attempt, ORIGINAL } from './attempts.js';
import { isAsked } from './backend_names.js';
import type { Verdict } from './canary.js';
import type { Phase } from './crumbs.js';
import { downloadOf } from './download.js';
import type { Open } from './opening.js';
import { Late, within } from './time_limit.js';

const BACKEND_START_MS = 20_000; // a slow phone on a slow network still fetches its wasm within this
const VARIANT_LOAD_MS = 60_000;
const OWN_LOAD_MS = 180_000; // a slow network is as slow for what the page would have done

export interface Loaded<M> {
  model: M;
  attempt: Attempt;
  /** What started may not be what was asked for: wasm without threads, say. */
  backend: Backend;
  load: LoadItem;
  /** Of the canary, which may still be running; nothing when there is none. */
  verdict: Promise<Verdict> | undefined;
}

/** A backend that was lost in this page life. */
export interface Gone {
  backend: Backend;
  /** The model that it is lost for; undefined: nothing runs on it any more. */
  model: string | undefined;
  /** The library was told. */
  told?: boolean;
}

export interface Loading<M extends object> {
  adapter: Adapter;
  /** In order; the last one is what the page would do by itself. */
  attempts: readonly Attempt[];
  /** By the page's own `load`. */
  open: Open<M>;
  attemptMs: number | undefined;
  gone: readonly Gone[];
  /**
   * Holds a model against its reference output, and says how long that is waited for. A model that nobody waits for any
   * more is in the page's hands, as `isOut` says.
   */
  verify:
    | {
        /** Undefined where nobody knows the right answer of this variant. */
        start(model: M, isOut: () => boolean, attempt: Attempt): Promise<Verdict> | undefined;
        waitMs(model: M): number;
      }
    | undefined;
  /** Told before each step that a page may not survive. */
  step: (attempt: Attempt, phase: Phase, running: () => Backend) => Promise<void>;
  /** An attempt is given up for another one. */
  onGivenUp: (attempt: Attempt, backend: Backend, why: GivenUp) => void;
}

export interface GivenUp {
  kind: 'fallback' | 'wrong_output' | 'hang';
  /** What its start or its load failed with. */
  error?: unknown;
  /** What did not end in time: the backend's start, or the load on it. */
  late?: 'start' | 'load' | false;
}

/** Models of the page's `load` that the page will never see. */
const letGo = new WeakSet<object>();

/** Whether nobody may use a model any more. */
export const isLetGo = (model: object): boolean => letGo.has(model);

/** How a model is let go of, the way that its library has it; undefined when it tells none. */
export function freeing(model: object): (() => unknown) | undefined {
  const { dispose, release, close, delete: remove } = model as Record<string, (() => unknown) | undefined>;
  const free = dispose ?? release ?? close ?? remove;
  return free && (() => free.call(model));
}

/** What the page's `load` made and the page will never see is let go. */
export async function dispose(model: object): Promise<void> {
  letGo.add(model);
  await freeing(model)?.();
}

/** Backend starts go one after the other, for the library has one current backend. */
let starts: Promise<unknown> = Promise.resolve();
let loadsRunning = 0;
let overlaps = 0;

/**
 * Goes through the attempts in order until one works. Each but the last one ends in bounded time.
 *
 * @throws what the page's own `load` threw, when its own variant did not load; nothing else.
 */
export async function loadByAttempts<M extends object>(
  { host, fault, _errorName: errorName, _unseen: unseen }: Page,
  { adapter, attempts, open, attemptMs, gone, verify, step, onGivenUp }: Loading<M>,
): Promise<Loaded<M>> {
  const at = host.epoch();
  const fallbacks: FallbackTaken[] = [];
  const discarded = new Set<M>();
  const running = (model?: object): Backend => {
    try {
      return adapter.executor(model).backend;
    } catch (error) {
      fault(error);
      return 'other';
    }
  };
  const giveUp = (attempt: Attempt, why: GivenUp, model?: object) => {
    const { variant } = attempt;
    // What did not start, or what ran and was wrong.
    const backend = (why.kind === 'fallback' && attempt.backend) || running(model);
    fallbacks.push({
      backend,
      ...(variant !== ORIGINAL && { variant }),
      error: errorName(why.error),
    });
    onGivenUp(attempt, backend, why);
  };
  let kept: M | undefined;

  for (const attempt of attempts) {
    const last = attempt === attempts[attempts.length - 1];
    const tried = host.now();
    // A page that nobody sees, or that sleeps, is late by itself: this is tried again on the next visit.
    const isLate = (error: unknown) => error instanceof Late && !unseen(tried);
    await step(attempt, 'start', running);
    const init = await startBackend(host, adapter, attempt, gone, running, fault);
    if ('error' in init && !last) {
      giveUp(attempt, { kind: 'fallback', error: init.error, late: isLate(init.error) && 'start' });
      continue;
    }
    await step(attempt, 'load', running);
    const began = host.now();
    if (loadsRunning++) overlaps++;
    const overlapsBefore = overlaps;
    let model: M;
    let pending: Promise<M> | undefined;
    const givenUp = new AbortController();
    try {
      pending = open(attempt, givenUp.signal);
      model = await (last
        ? pending
        : within(host, attemptMs ?? (attempt.own ? OWN_LOAD_MS : VARIANT_LOAD_MS), pending));
    } catch (error) {
      // On a backend that we chose, the page's own `load` (it may warm up) can fail where it would not by itself.
      if (last || (attempt.own && !attempt.backend)) throw error;
      giveUp(attempt, { kind: 'fallback', error, late: isLate(error) && 'load' });
      givenUp.abort();
      // It may come yet, when another model has its place.
      pending?.then((late) => (late === kept ? undefined : dispose(late))).catch(() => undefined); // that it fails in the end says nothing new
      continue;
    } finally {
      loadsRunning--;
    }
    const loadMs = host.now() - began;
    // Another model that loaded meanwhile may keep its files in the same folder.
    const alone = !loadsRunning && overlaps === overlapsBefore;
    const backend = running(model);
    const download = alone && downloadOf(attempt.url, began);
    if (verify) await step(attempt, 'first_prediction', () => backend);
    const ran = host.now();
    const verdict = verify?.start(model, () => kept === model, attempt);
    let firstMs: number | undefined;
    if (verdict && verify) {
      const known = await within(host, verify.waitMs(model), verdict).catch(() => 'late' as const);
      if (known === 'right' && !unseen(ran)) firstMs = host.now() - ran;
      if (!last && known !== 'right' && known !== 'late' && known !== 'not_run') {
        giveUp(attempt, typeof known === 'object' ? { kind: 'fallback', ...known } : { kind: known }, model);
        discarded.add(model);
        continue;
      }
    }
    if (!isAsked(backend, attempt.backend)) giveUp(attempt, { kind: 'fallback' }, model);
    kept = model;
    discarded.delete(model);
    for (const other of discarded) dispose(other).catch(fault);
    const item: LoadItem = {
      backend,
      engine: adapter.engine === 'tfjs' ? undefined : adapter.engine,
      at,
      load_ms: round(loadMs),
      backend_init_ms: 'ms' in init && init.ms !== undefined ? round(init.ms) : undefined,
      // The canary was the first prediction, shader compilation included.
      ...(firstMs !== undefined && { first_prediction_ms: round(firstMs) }),
      download_bytes: undefined,
      cache_hit: undefined,
      ...download,
      fallbacks: fallbacks.length ? fallbacks.slice(0, 8) : undefined,
    };
    return { model, attempt, backend, load: item, verdict };
  }
  throw new Error('unreachable: the last attempt returns or throws');
}

/** How long the start of a backend took, undefined when there was nothing to start; or why it failed. */
export type Start = { ms: number | undefined } | { error: unknown };

/** @param mostMs of a race: a backend that takes longer is still the library's to pick. */
export function startBackend(
  host: Host,
  adapter: Adapter,
  { backend, wasm }: Pick<Attempt, 'backend' | 'wasm'>,
  gone: readonly Gone[],
  running: () => Backend,
  fault: (error: unknown) => void,
  mostMs?: number,
): Promise<Start> {
  let backends: Backends | undefined;

  async function start(): Promise<Start> {
    backends = await adapter.backends();
    for (const lost of gone) {
      if (lost.told || lost.model !== undefined) continue;
      lost.told = true;
      giveUp(lost.backend);
    }
    const began = host.now();
    const warm = backend ? backends.isStarted(backend) : adapter.executor().backend !== 'other';
    const started = backend
      ? await backends.start(backend, wasm)
      : await backends.startDefault().then(() => true);
    if (!started) return { error: undefined };
    return { ms: warm ? undefined : host.now() - began };
  }

  function giveUp(lost: Backend): void {
    try {
      backends?.giveUp?.(lost, mostMs !== undefined && lost === backend);
    } catch (error) {
      fault(error);
    }
  }

  const result = starts.then(async () => {
    try {
      return await within(host, mostMs ?? BACKEND_START_MS, start());
    } catch (error) {
      // TensorFlow.js refuses all work while a start is pending, whatever else has started since. What did start, by
      // way of somebody else, or what runs, holds the page's tensors.
      if (backend && error instanceof Late && !backends?.isStarted(backend) && !isAsked(running(), backend))
        giveUp(backend);
      return { error };
    }
  });
  starts = result;
  return result;
}

/** Milliseconds to a microsecond: more digits would be noise on the wire. */
export const round = (ms: number): number => Math.round(ms * 1000) / 1000;
