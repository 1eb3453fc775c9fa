/** Watches one model: turns an adapter's observations into windows of at most a minute. */

import type { ArmSource, Backend, KernelMethod, Load, ReadyMethod, Window } from '../generated/report.js';
import type { Adapter, Executor, Observer, Prediction } from './adapter.js';
import { errorName, incidentKind } from './errors.js';
import type { HangWatch } from './hang_watch.js';
import { encode, type Histogram, merge, record } from './histogram.js';
import type { Host } from './host.js';
import { type Memory, MemoryPoints } from './memory.js';
import type { Outbox } from './outbox.js';
import { type ModelSnapshot, quantiles } from './snapshot.js';

interface OpenWindow extends Executor {
  started: number;
  startedAt: number;
  count: number;
  errors: number;
  dispatch: Histogram;
  ready: Histogram;
  readyMethod: ReadyMethod | undefined;
  kernel: Histogram;
  kernelMethod: KernelMethod | undefined;
  memory: MemoryPoints;
}

interface Measured extends Prediction {
  window: OpenWindow;
  /** Timed on the device: its other times are spoilt. */
  spoilt: boolean;
}

/** A fact of the page's monitor that every watch shares. */
export interface Watching {
  host: Host;
  outbox: Outbox;
  hangs: HangWatch;
  windowMs: number;
  kernelEvery: number;
  enabled(): boolean;
  fault(error: unknown, model?: string): void;
}

interface Look extends Memory {
  made: number;
}

const WARM_UP = 5; // predictions that may still compile shaders and allocate what stays

export interface Watch {
  observer: Observer;
  /**
   * Ends the open window and hands it over. Unless this is the end, a window whose result is being waited for gets
   * another minute, and a load goes on waiting for its first prediction.
   */
  closeWindow(atEnd: boolean): void;
  /** A load that is handed over with its first prediction, or at the end without it. */
  expectFirst(load: Load): void;
  snapshot(): ModelSnapshot;
  backend(): Backend;
}

export function watchModel(
  page: Watching,
  adapter: Adapter,
  subject: { model: string; variant: string; source: ArmSource },
  disposed: () => void,
): Watch {
  const { host, outbox } = page;
  const { model, variant } = subject;
  let open: OpenWindow | undefined;
  let loading: Load | undefined;
  let made = 0;
  let waiting = 0;
  let failures = 0;
  let nextKernelTime = WARM_UP + Math.floor(host.random() * page.kernelEvery);
  let first: Prediction | undefined;
  let steady: Look | undefined;
  let latest: Look | undefined;
  const total = { dispatch: new Map() as Histogram, ready: new Map() as Histogram };

  function closeWindow(atEnd: boolean): void {
    if (atEnd) handOverLoad();
    if (!open || (!atEnd && waiting && host.now() - open.started < 2 * page.windowMs)) return;
    endWindow();
  }

  function endWindow(): void {
    const window = open;
    open = undefined;
    if (!window) return;
    total.dispatch = merge(total.dispatch, window.dispatch);
    total.ready = merge(total.ready, window.ready);
    const { backend, threads, count, errors } = window;
    const dispatch = encode(window.dispatch);
    const ready = encode(window.ready);
    const kernel = encode(window.kernel);
    const memory = window.memory.encode();
    const item: Window = {
      model,
      ...(variant !== 'original' && { variant }),
      backend,
      ...(adapter.engine !== 'tfjs' && { engine: adapter.engine }),
      started_at: window.startedAt,
      duration_ms: Math.round(host.now() - window.started),
      count,
      ...(errors && { errors }),
      ...(threads && { threads }),
      ...(dispatch && { dispatch_ms: dispatch }),
      ...(ready && window.readyMethod && { ready_ms: ready, ready_method: window.readyMethod }),
      ...(kernel && window.kernelMethod && { kernel_ms: kernel, kernel_method: window.kernelMethod }),
      ...(memory && { memory }),
    };
    outbox.add('windows', item);
  }

  function currentWindow(now: number): OpenWindow {
    const { backend, threads } = adapter.executor();
    if (open && (open.backend !== backend || now - open.started >= page.windowMs)) endWindow();
    open ??= {
      backend,
      threads,
      started: now,
      startedAt: host.epoch(),
      count: 0,
      errors: 0,
      dispatch: new Map(),
      ready: new Map(),
      readyMethod: undefined,
      kernel: new Map(),
      kernelMethod: undefined,
      memory: new MemoryPoints(),
    };
    return open;
  }

  function handOverLoad(firstMs?: number): void {
    if (!loading) return;
    outbox.add('loads', {
      ...loading,
      ...(firstMs !== undefined && { first_prediction_ms: round(firstMs) }),
    });
    loading = undefined;
  }

  const guarded =
    <A extends unknown[]>(fn: (...args: A) => void) =>
    (...args: A): void => {
      try {
        fn(...args);
      } catch (error) {
        page.fault(error, model);
      }
    };

  const settle = (prediction: Prediction) => {
    if (page.hangs.settled(prediction)) waiting--;
  };

  const observer: Observer = {
    begin() {
      try {
        if (!page.enabled()) return undefined;
        const now = host.now();
        const window = currentWindow(now);
        window.count++;
        const before = made++;
        const memory = adapter.memory();
        if (memory) {
          window.memory.add(before, memory);
          latest = { ...memory, made: before };
          if (before === WARM_UP) steady = latest;
        }
        // The clock is read again: the bookkeeping above is not the model's time.
        const prediction: Measured = { start: host.now(), window, spoilt: false };
        first ??= prediction;
        return prediction;
      } catch (error) {
        page.fault(error, model);
        return undefined;
      }
    },
    dispatched: guarded((prediction) => {
      settle(prediction);
      const { window, start, spoilt } = prediction as Measured;
      if (!spoilt) record(window.dispatch, host.now() - start);
    }),
    awaited: guarded((prediction) => {
      waiting++;
      page.hangs.waiting(prediction, () => {
        waiting--;
        incident('hang');
      });
    }),
    ready: guarded((prediction, method) => {
      settle(prediction);
      const { window, start, spoilt } = prediction as Measured;
      const ms = host.now() - start;
      handOverLoad(prediction === first ? ms : undefined);
      if (spoilt) return;
      // One method a window: times learnt in different ways are not one distribution.
      window.readyMethod ??= method;
      if (window.readyMethod === method) record(window.ready, ms);
    }),
    failed: guarded((prediction, error) => {
      settle(prediction);
      const { window } = prediction as Measured;
      window.errors++;
      failures++;
      if (prediction === first) handOverLoad();
      incident(incidentKind(error), error);
    }),
    wantsKernelTime() {
      if (!page.kernelEvery || made < nextKernelTime || page.hangs.pending() || loading) return false;
      nextKernelTime = made + page.kernelEvery;
      return true;
    },
    kernelTimed: guarded((prediction) => {
      (prediction as Measured).spoilt = true;
    }),
    kernel: guarded((prediction, ms, method) => {
      const { window } = prediction as Measured;
      window.kernelMethod = method;
      record(window.kernel, ms);
    }),
    disposed: guarded(disposed),
    fault: (error) => page.fault(error, model),
  };

  function incident(kind: 'hang' | ReturnType<typeof incidentKind>, error?: unknown): void {
    outbox.incident({
      model,
      ...(variant !== 'original' && { variant }),
      backend: adapter.executor().backend,
      kind,
      at: host.epoch(),
      ...(error !== undefined && { error: errorName(error) }),
    });
  }

  return {
    observer,
    closeWindow,
    expectFirst: (load) => {
      loading = load;
    },
    backend: () => adapter.executor().backend,
    snapshot() {
      const slope =
        steady && latest && latest.made > steady.made
          ? (latest.tensors - steady.tensors) / (latest.made - steady.made)
          : undefined;
      return {
        ...subject,
        backend: adapter.executor().backend,
        count: made,
        errors: failures,
        dispatch_ms: quantiles(open ? merge(total.dispatch, open.dispatch) : total.dispatch),
        ready_ms: quantiles(open ? merge(total.ready, open.ready) : total.ready),
        tensors: latest?.tensors,
        bytes: latest?.bytes,
        gpu_bytes: latest?.gpu,
        tensors_per_prediction: slope,
      };
    },
  };
}

/** Milliseconds to a microsecond: more digits would be noise on the wire. */
export const round = (ms: number): number => Math.round(ms * 1000) / 1000;
