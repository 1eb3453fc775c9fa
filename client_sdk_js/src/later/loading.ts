/** Loads a model by its plan: starts backends and fetches variants until one works, and says what it took. */

import type { Adapter } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { Page } from '../core/monitor.js';
import type { LoadOptions } from '../core/options.js';
import type { LoadItem } from '../core/watch.js';
import type { Backend, FallbackTaken } from '../generated/report.js';
import { type Attempt, ORIGINAL } from './attempts.js';
import { downloadOf } from './download.js';

const BACKEND_START_MS = 20_000; // a slow phone on a slow network still fetches its wasm within this

export interface Loaded<M> {
  model: M;
  attempt: Attempt;
  /** What started may not be what was asked for: wasm without threads, say. */
  backend: Backend;
  load: LoadItem;
}

/** Backend starts go one after the other, for the library has one current backend. */
let starts: Promise<unknown> = Promise.resolve();
let loadsRunning = 0;
let overlaps = 0;

/**
 * Goes through the attempts in order until one works.
 *
 * @throws what the page's own `load` threw, when its own variant did not load; nothing else.
 */
export async function loadByAttempts<M extends object>(
  { host, fault, _errorName: errorName }: Page,
  adapter: Adapter,
  attempts: readonly Attempt[],
  load: LoadOptions<M>['load'],
): Promise<Loaded<M>> {
  const at = host.epoch();
  const fallbacks: FallbackTaken[] = [];
  const running = (model?: object): Backend => {
    try {
      return adapter.executor(model).backend;
    } catch (error) {
      fault(error);
      return 'other';
    }
  };
  const failed = ({ backend, variant }: Attempt, error?: unknown) =>
    fallbacks.push({
      backend: backend ?? running(),
      ...(variant !== ORIGINAL && { variant }),
      error: errorName(error),
    });

  for (const [i, attempt] of attempts.entries()) {
    const last = i === attempts.length - 1;
    const init = await startBackend(host, adapter, attempt);
    if ('error' in init && !last) {
      failed(attempt, init.error);
      continue;
    }
    const began = host.now();
    if (loadsRunning++) overlaps++;
    const overlapsBefore = overlaps;
    let model: M;
    try {
      model = await load(attempt.url, attempt.backend);
    } catch (error) {
      // On a backend that we chose, the page's own `load` (it may warm up) can fail where it would not by itself.
      if (last || (attempt.own && !attempt.backend)) throw error;
      failed(attempt, error);
      continue;
    } finally {
      loadsRunning--;
    }
    const loadMs = host.now() - began;
    // Another model that loaded meanwhile may keep its files in the same folder.
    const alone = !loadsRunning && overlaps === overlapsBefore;
    const backend = running(model);
    if (!isAsked(backend, attempt.backend)) failed(attempt);
    const item: LoadItem = {
      backend,
      engine: adapter.engine === 'tfjs' ? undefined : adapter.engine,
      at,
      load_ms: round(loadMs),
      backend_init_ms: 'ms' in init && init.ms !== undefined ? round(init.ms) : undefined,
      first_prediction_ms: undefined,
      download_bytes: undefined,
      cache_hit: undefined,
      ...(alone && downloadOf(attempt.url, began)),
      fallbacks: fallbacks.length ? fallbacks.slice(0, 8) : undefined,
    };
    return { model, attempt, backend, load: item };
  }
  throw new Error('unreachable: the last attempt returns or throws');
}

/** Whether what runs is what was asked for: `wasm` asks for any of its flavours, a flavour for at least itself. */
export const isAsked = (running: Backend, asked: Backend | undefined): boolean =>
  !asked || running.startsWith(asked);

/** How long the start took, undefined when there was nothing to start; or why it failed. */
function startBackend(
  host: Host,
  adapter: Adapter,
  { backend, wasm }: Attempt,
): Promise<{ ms: number | undefined } | { error: unknown }> {
  const result = starts.then(async () => {
    try {
      const backends = await adapter.backends();
      const began = host.now();
      const warm = backend ? backends.isStarted(backend) : adapter.executor().backend !== 'other';
      const start = backend ? backends.start(backend, wasm) : backends.startDefault().then(() => true);
      let cancel: (() => void) | undefined;
      const late = new Promise<boolean>((_, reject) => {
        cancel = host.after(BACKEND_START_MS, () => reject(new DOMException('', 'TimeoutError')));
      });
      const started = await Promise.race([start, late]).finally(() => cancel?.());
      if (!started) return { error: undefined };
      return { ms: warm ? undefined : host.now() - began };
    } catch (error) {
      return { error };
    }
  });
  starts = result;
  return result;
}

/** Milliseconds to a microsecond: more digits would be noise on the wire. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;
