/** Watches one model: turns an adapter's observations into windows of at most a minute. */

import type { ArmSource, Backend, ErrorName, IncidentKind, KernelMethod, Load, MemorySignal, ReadyMethod } from '../generated/report.js';
import type { Adapter, Executor, Observer, Prediction } from './adapter.js';
import { errorName, incidentKind } from './errors.js';
import { guarded } from './guarded.js';
import { encode, type Histogram, merge, record } from './histogram.js';
import type { Host } from './host.js';
import { type Memory, type MemoryPoints, memoryPoints } from './memory.js';
import type { Loose, Outbox } from './outbox.js';
import { type ModelSnapshot, ORIGINAL, type Quantiles } from './snapshot.js';

/** A model as items name it; the wire's default variant is left out. */
export interface Subject {
  model: string;
  variant: string | undefined;
}

interface OpenWindow extends Executor {
  started: number;
  startedAt: number;
  count: number;
  errors: number;
  dispatch: Histogram;
  ready: Histogram;
  readyMethod?: ReadyMethod;
  kernel: Histogram;
  kernelMethod?: KernelMethod;
  memory: MemoryPoints;
}

interface Measured extends Prediction {
  window: OpenWindow;
  /** Timed on the device: its other times are spoilt. */
  spoilt?: boolean;
}

/** A load as steering tells it; who it was of is added here. */
export type LoadItem = Loose<Omit<Load, 'model' | 'variant'>>;

/** Results that somebody waits for, oldest first. */
export type Waits = Map<object, { since: number; hung: () => void }>;

/** What every watch of the page's monitor shares. */
export interface Watching {
  host: Host;
  outbox: Outbox;
  waits: Waits;
  /** Told of every new wait. */
  waiting(): void;
  quantiles(histogram: Histogram): Quantiles;
  windowMs: number;
  kernelEvery: number;
  enabled(): boolean;
  fault(error: unknown, model?: string): void;
  raise(subject: Subject, backend: Backend, kind: IncidentKind, error?: ErrorName): void;
}

interface Look extends Memory {
  made: number;
}

const WARM_UP = 5; // predictions that may still compile shaders and allocate what stays

export interface Watch {
  observer: Observer;
  subject: Subject;
  /**
   * Ends the open window and hands it over. Unless this is the end, a window while results are waited for gets
   * another minute, and a load goes on waiting for its first prediction.
   */
  closeWindow(atEnd?: boolean): void;
  snapshot(): ModelSnapshot;
}

export function watchModel(
  page: Watching,
  adapter: Adapter,
  subject: Subject,
  source: ArmSource,
  /** Handed over with the first prediction, or at the end without it. */
  load: (LoadItem & Subject) | undefined,
  disposed: () => void,
): Watch {
  const { host, outbox, waits } = page;
  const { now } = host;
  let open: OpenWindow | undefined;
  let loading = load;
  let made = 0;
  let failures = 0;
  let nextKernelTime = WARM_UP + Math.floor(host.random() * page.kernelEvery);
  let first: Prediction | undefined;
  let steady: Look | undefined;
  let latest: Look | undefined;
  let dispatchTotal: Histogram = new Map();
  let readyTotal: Histogram = new Map();

  function endWindow(): void {
    if (!open) return;
    const { backend, threads, started, startedAt, count, errors, dispatch, ready, kernel } = open;
    dispatchTotal = merge(dispatchTotal, dispatch);
    readyTotal = merge(readyTotal, ready);
    outbox.add('windows', {
      ...subject,
      backend,
      engine: adapter.engine === 'tfjs' ? undefined : adapter.engine,
      started_at: startedAt,
      duration_ms: Math.round(now() - started),
      count,
      errors: errors || undefined,
      threads: threads || undefined,
      dispatch_ms: encode(dispatch),
      ready_ms: encode(ready),
      ready_method: open.readyMethod,
      kernel_ms: encode(kernel),
      kernel_method: open.kernelMethod,
      memory: open.memory.encode() as MemorySignal | undefined,
    });
    open = undefined;
  }

  function currentWindow(at: number): OpenWindow {
    const { backend, threads } = adapter.executor();
    if (open && (open.backend !== backend || at - open.started >= page.windowMs)) endWindow();
    open ??= {
      backend,
      threads,
      started: at,
      startedAt: host.epoch(),
      count: 0,
      errors: 0,
      dispatch: new Map(),
      ready: new Map(),
      kernel: new Map(),
      memory: memoryPoints(),
    };
    return open;
  }

  function handOverLoad(firstMs?: number): void {
    if (loading) outbox.add('loads', { ...loading, first_prediction_ms: firstMs });
    loading = undefined;
  }

  const incident = (kind: IncidentKind, error?: unknown) =>
    page.raise(
      subject,
      adapter.executor().backend,
      kind,
      error === undefined ? undefined : errorName(error),
    );

  const observer = {
    begin(): Measured | undefined {
      if (!page.enabled()) return;
      const window = currentWindow(now());
      window.count++;
      const memory = adapter.memory();
      if (memory) {
        window.memory.add(made, memory);
        latest = { ...memory, made };
        if (made === WARM_UP) steady = latest;
      }
      made++;
      // The clock is read again: the bookkeeping above is not the model's time.
      const prediction: Measured = { start: now(), window };
      first ??= prediction;
      return prediction;
    },
    dispatched(prediction: Measured) {
      waits.delete(prediction);
      if (!prediction.spoilt) record(prediction.window.dispatch, now() - prediction.start);
    },
    awaited(prediction: Measured) {
      waits.delete(prediction);
      waits.set(prediction, { since: now(), hung: () => incident('hang') });
      page.waiting();
    },
    ready(prediction: Measured, method: ReadyMethod) {
      waits.delete(prediction);
      const { window } = prediction;
      const ms = now() - prediction.start;
      handOverLoad(prediction === first ? Math.round(ms * 1000) / 1000 : undefined);
      // One method a window: times learnt in different ways are not one distribution.
      if (!prediction.spoilt && (window.readyMethod ??= method) === method) record(window.ready, ms);
    },
    failed(prediction: Measured, error: unknown) {
      waits.delete(prediction);
      prediction.window.errors++;
      failures++;
      if (prediction === first) handOverLoad();
      incident(incidentKind(error), error);
    },
    wantsKernelTime() {
      if (!page.kernelEvery || made < nextKernelTime || waits.size || loading) return false;
      nextKernelTime = made + page.kernelEvery;
      return true;
    },
    kernelTimed(prediction: Measured) {
      prediction.spoilt = true;
    },
    kernel({ window }: Measured, ms: number, method: KernelMethod) {
      window.kernelMethod = method;
      record(window.kernel, ms);
    },
    disposed,
    fault: (error: unknown) => page.fault(error, subject.model),
  };

  return {
    subject,
    observer: guarded(observer as Observer, observer.fault),
    closeWindow(atEnd) {
      if (atEnd) handOverLoad();
      if (atEnd || !waits.size || (open && now() - open.started >= 2 * page.windowMs)) endWindow();
    },
    snapshot: () => ({
      ...subject,
      variant: subject.variant ?? ORIGINAL,
      source,
      backend: adapter.executor().backend,
      count: made,
      errors: failures,
      dispatch_ms: page.quantiles(merge(dispatchTotal, open?.dispatch)),
      ready_ms: page.quantiles(merge(readyTotal, open?.ready)),
      tensors: latest?.tensors,
      bytes: latest?.bytes,
      gpu_bytes: latest?.gpu,
      tensors_per_prediction:
        steady && latest && latest.made > steady.made
          ? (latest.tensors - steady.tensors) / (latest.made - steady.made)
          : undefined,
    }),
  };
}
