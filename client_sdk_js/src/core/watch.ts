/** Watches one model: turns an adapter's observations into windows of at most a minute. */

import type {
  Backend,
  ErrorName,
  IncidentKind,
  KernelMethod,
  Load,
  MemorySignal,
  ReadyMethod,
  Window,
} from '../generated/report.js';
import type { Adapter, Observer, Prediction } from './adapter.js';
import { errorName, incidentKind } from './errors.js';
import { guarded } from './guarded.js';
import { encode, type Histogram, merge, record } from './histogram.js';
import type { Host } from './host.js';
import { type Memory, type MemoryPoints, memoryPoints } from './memory.js';
import type { OutputCheck, WatchedModel } from './options.js';
import type { Loose, Outbox } from './outbox.js';

/** A model as items name it; the wire's default variant is left out. */
export interface Subject {
  model: string;
  variant: string | undefined;
}

interface OpenWindow {
  /** What is on the wire already as it is counted; times and memory are encoded at the end. */
  _item: Loose<Window> & { count: number };
  _started: number;
  dispatch: Histogram;
  ready: Histogram;
  kernel: Histogram;
  memory: MemoryPoints;
}

interface Timed extends Prediction {
  _window: OpenWindow;
  /** Timed on the device: its other times are spoilt. */
  _spoilt?: boolean;
}

/** A load as steering tells it; who it was of is added here. */
export type LoadItem = Loose<Omit<Load, 'model' | 'variant'>>;

/** Results that somebody waits for, oldest first. */
export type Waits = Map<object, { _since: number; _subject: Subject }>;

/** What every watch of the page's monitor shares. */
export interface Watching {
  host: Host;
  _outbox: Outbox;
  _waits: Waits;
  /** Told of every new wait. */
  _waiting(): void;
  _windowMs: number;
  _kernelEvery: number;
  _enabled(): boolean;
  fault(error: unknown, model?: string): void;
  _raise(subject: Subject, backend: Backend, kind: IncidentKind, error?: ErrorName): void;
}

interface Look extends Memory {
  made: number;
}

export interface Measured {
  /** Predictions, those that failed included. */
  made: number;
  _failures: number;
  dispatch: Histogram;
  ready: Histogram;
  /** Memory when the warm-up was over, and before the last prediction. */
  _steady: Look | undefined;
  _latest: Look | undefined;
}

const WARM_UP = 5; // predictions that may still compile shaders and allocate what stays

/** The models under observation, by the object that the page holds. */
export type Watches = Map<object, Watched>;

export interface Watched {
  watch: Watch;
  handle: WatchedModel<object>;
  adapter: Adapter;
  /** What the page wants its results held against. */
  check: OutputCheck<never> | undefined;
  _expose(): void;
}

export interface Watch {
  _observer: Observer;
  _subject: Subject;
  /**
   * Ends the open window and hands it over. Unless this is the end, a window while results are waited for gets
   * another minute, and a load goes on waiting for its first prediction.
   */
  _closeWindow(atEnd?: boolean): void;
  /** All of this page life so far. */
  _measured(): Measured;
}

export function watchModel(
  page: Watching,
  adapter: Adapter,
  subject: Subject,
  /** Handed over with the first prediction, or at the end without it. */
  load: (LoadItem & Subject) | undefined,
  disposed: () => void,
): Watch {
  const { host, _outbox: outbox, _waits: waits } = page;
  const { now } = host;
  let open: OpenWindow | undefined;
  let loading = load;
  let made = 0;
  let failures = 0;
  let nextKernelTime = WARM_UP + Math.floor(host.random() * page._kernelEvery);
  let first: Prediction | undefined;
  let steady: Look | undefined;
  let latest: Look | undefined;
  let dispatchTotal: Histogram = new Map();
  let readyTotal: Histogram = new Map();

  function endWindow(): void {
    if (!open) return;
    const { _item: item, _started: started, dispatch, ready, kernel, memory } = open;
    dispatchTotal = merge(dispatchTotal, dispatch);
    readyTotal = merge(readyTotal, ready);
    outbox._add('windows', {
      ...item,
      duration_ms: Math.round(now() - started),
      dispatch_ms: encode(dispatch),
      ready_ms: encode(ready),
      kernel_ms: encode(kernel),
      memory: memory.encode() as MemorySignal | undefined,
    });
    open = undefined;
  }

  function currentWindow(at: number): OpenWindow {
    const { backend, threads } = adapter.executor();
    if (open && (open._item.backend !== backend || at - open._started >= page._windowMs)) endWindow();
    open ??= {
      _item: {
        ...subject,
        backend,
        engine: adapter.engine === 'tfjs' ? undefined : adapter.engine,
        threads: threads || undefined,
        started_at: host.epoch(),
        count: 0,
      } as OpenWindow['_item'],
      _started: at,
      dispatch: new Map(),
      ready: new Map(),
      kernel: new Map(),
      memory: memoryPoints(),
    };
    return open;
  }

  function handOverLoad(firstMs?: number): void {
    if (loading) outbox._add('loads', { first_prediction_ms: firstMs, ...loading });
    loading = undefined;
  }

  const incident = (kind: IncidentKind, error?: unknown) =>
    page._raise(
      subject,
      adapter.executor().backend,
      kind,
      error === undefined ? undefined : errorName(error),
    );

  const observer = {
    begin(): Timed | undefined {
      if (!page._enabled()) return;
      const window = currentWindow(now());
      window._item.count++;
      const memory = adapter.memory();
      if (memory) {
        window.memory.add(made, memory);
        latest = { ...memory, made };
        if (made === WARM_UP) steady = latest;
      }
      made++;
      // The clock is read again: the bookkeeping above is not the model's time.
      const prediction: Timed = { start: now(), _window: window };
      first ??= prediction;
      return prediction;
    },
    dispatched(prediction: Timed) {
      waits.delete(prediction);
      if (!prediction._spoilt) record(prediction._window.dispatch, now() - prediction.start);
    },
    awaited(prediction: Timed) {
      waits.delete(prediction);
      waits.set(prediction, { _since: now(), _subject: subject });
      page._waiting();
    },
    ready(prediction: Timed, method: ReadyMethod) {
      waits.delete(prediction);
      const { _window: window } = prediction;
      const ms = now() - prediction.start;
      handOverLoad(prediction === first ? Number(ms.toFixed(3)) : undefined);
      // One method a window: times learnt in different ways are not one distribution.
      if (prediction._spoilt) return;
      window._item.ready_method ??= method;
      if (window._item.ready_method === method) record(window.ready, ms);
    },
    failed(prediction: Timed, error: unknown) {
      waits.delete(prediction);
      const { _item: item } = prediction._window;
      item.errors = (item.errors ?? 0) + 1;
      failures++;
      if (prediction === first) handOverLoad();
      incident(incidentKind(error), error);
    },
    wantsKernelTime() {
      if (!page._kernelEvery || made < nextKernelTime || waits.size || loading) return false;
      nextKernelTime = made + page._kernelEvery;
      return true;
    },
    kernelTimed(prediction: Timed) {
      prediction._spoilt = true;
    },
    kernel({ _window: window }: Timed, ms: number, method: KernelMethod) {
      window._item.kernel_method = method;
      record(window.kernel, ms);
    },
    disposed,
    fault: (error: unknown) => page.fault(error, subject.model),
  };

  return {
    _subject: subject,
    _observer: guarded(observer as Observer, observer.fault),
    _closeWindow(atEnd) {
      if (atEnd) handOverLoad();
      if (atEnd || !waits.size || (open && now() - open._started >= 2 * page._windowMs)) endWindow();
    },
    _measured: () => ({
      made,
      _failures: failures,
      dispatch: merge(dispatchTotal, open?.dispatch),
      ready: merge(readyTotal, open?.ready),
      _steady: steady,
      _latest: latest,
    }),
  };
}
