/** Watches one model: turns an adapter's observations into windows of at most a minute. */

import type {
  Backend,
  ErrorName,
  IncidentKind,
  Load,
  MemorySignal,
  ReadyMethod,
  Window,
} from '../generated/report.js';
import type { Adapter, Executor, Observer, Prediction } from './adapter.js';
import { errorName, incidentKind } from './errors.js';
import { encode, type Histogram, record } from './histogram.js';
import type { Host } from './host.js';
import type { Loose } from './loose.js';
import { type MemoryPoints, memoryPoints, type Point } from './memory.js';
import type { OutputCheck, WatchedModel } from './options.js';
import type { Outbox } from './outbox.js';

/** A model as items name it; the wire's default variant is left out. */
export interface Subject {
  model: string;
  variant: string | undefined;
  /** The wire's default is true. */
  steerable?: boolean | undefined;
}

export interface OpenWindow {
  /** What is on the wire already as it is counted; times and memory are encoded at the end. */
  _item: Loose<Window> & { count: number };
  /** An adapter may learn better what it is, while the window is open. */
  _executor: Executor;
  _started: number;
  dispatch: Histogram;
  ready: Histogram;
  _memory: MemoryPoints;
}

export interface Timed extends Prediction {
  _window: OpenWindow;
  /** How long the call took, or its promise. */
  _took?: number;
  /** Timed on the device, or under way while nobody saw the page: its other times are spoilt. */
  _spoilt?: boolean | undefined;
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
  /** By name. */
  _tallies: Map<string, Tally>;
  /** Told of memory before each prediction: set by the part that keeps it, for a live display. */
  _looked?(tally: Tally, look: Point): void;
  /** Told of every new wait. */
  _waiting(): void;
  _windowMs: number;
  _enabled(): boolean;
  /**
   * Whether the page was hidden, prerendered or asleep at some time since `start`: its timers and its GPU were held back
   * then, and what a prediction took says nothing of the model.
   */
  _unseen(start: number, subject?: Subject): boolean | undefined;
  /** Told of what windows timed when they end: set by the part that keeps it, for a live display. */
  _ended?(watch: Watch, times: Times): void;
  /** Memory as the wire has it: set by the lazily loaded part. A window of a page that ends before goes without. */
  _memorySignal?(points: MemoryPoints): Loose<MemorySignal> | undefined;
  fault(error: unknown, model?: string): void;
  _raise(subject: Subject, backend: Backend, kind: IncidentKind, error?: ErrorName): void;
}

/**
 * What all models of one name come to in this session: a page may load one anew for each task, and what it forgets to
 * dispose of then adds up over the loads.
 */
export interface Tally {
  /** Models of this name so far. */
  _loads: number;
  /** Predictions of theirs so far, those that failed included. */
  _made: number;
}

/** What a window timed. */
export type Times = Pick<OpenWindow, 'dispatch' | 'ready'>;

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
  /** What adapters tell of predictions; the monitor puts it behind a wall. */
  _observer: Observer;
  _subject: Subject;
  /**
   * Ends the open window and hands it over. Unless this is the end, a window while results are waited for gets
   * another minute, and a load goes on waiting for its first prediction.
   */
  _closeWindow(atEnd?: boolean): void;
  /** The open window as it would be handed over now. */
  _peek(): Loose<Window> | undefined;
  _open?: OpenWindow | undefined;
  /** Predictions of this model, those that failed included. */
  _made: number;
  _failures: number;
  /** Predictions whose result was seen. */
  _results: number;
  _tally: Tally;
}

export function watchModel(
  page: Watching,
  adapter: Adapter,
  handle: WatchedModel<object>,
  subject: Subject,
  /** Handed over with the first prediction, or at the end without it. */
  load: (LoadItem & Subject) | undefined,
): Watch {
  const { host, _outbox: outbox, _waits: waits } = page;
  const { now } = host;
  const tally = page._tallies.get(subject.model) ?? { _loads: 0, _made: 0 };
  page._tallies.set(subject.model, tally);
  const nth = ++tally._loads;
  let loading = load;
  let first: Prediction | undefined;

  function endWindow(): void {
    const { _open: open } = watch;
    if (!open) return;
    outbox._add('windows', watch._peek() as Loose<Window>);
    page._ended?.(watch, open);
    watch._open = undefined;
  }

  function currentWindow(at: number, executor: Executor): OpenWindow {
    const { _open: open } = watch;
    if (open && (open._executor.backend !== executor.backend || at - open._started >= page._windowMs))
      endWindow();
    watch._open ??= {
      _item: {
        ...subject,
        engine: adapter.engine === 'tfjs' ? undefined : adapter.engine,
        nth_load: nth > 1 ? nth : undefined,
        started_at: host.epoch(),
        count: 0,
      } as OpenWindow['_item'],
      _executor: executor,
      _started: at,
      dispatch: new Map(),
      ready: new Map(),
      _memory: memoryPoints(),
    };
    return watch._open;
  }

  /** A first result shows what a model really runs on: an engine may put it elsewhere than it was asked to. */
  function handOverLoad(firstMs?: number, backend = loading?.backend): void {
    if (loading) outbox._add('loads', { first_prediction_ms: firstMs, ...loading, backend });
    loading = undefined;
  }

  function isSpoilt(prediction: Timed): boolean | undefined {
    prediction._spoilt ||= page._unseen(prediction.start, subject);
    return prediction._spoilt;
  }

  const observer = {
    begin(): Timed | undefined {
      if (!page._enabled()) return;
      const executor = adapter.executor(handle.model);
      const memory = adapter.memory();
      // Read once: nothing else here costs as much. The engine is asked before; what comes after only counts.
      const start = now();
      const window = currentWindow(start, executor);
      window._item.count++;
      if (memory) {
        const look = { ...memory, predictions: tally._made };
        window._memory._add(look);
        page._looked?.(tally, look);
      }
      tally._made++;
      watch._made++;
      const prediction: Timed = { start, _window: window };
      first ??= prediction;
      return prediction;
    },
    dispatched(prediction: Timed) {
      waits.delete(prediction);
      prediction._took = now() - prediction.start;
      if (!isSpoilt(prediction)) record(prediction._window.dispatch, prediction._took);
    },
    awaited(prediction: Timed) {
      waits.delete(prediction);
      waits.set(prediction, { _since: now(), _subject: subject });
      page._waiting();
    },
    ready(
      prediction: Timed,
      method: ReadyMethod,
      _output?: unknown,
      // What the call returned was there when it returned.
      ms = (method === 'return' && prediction._took) || now() - prediction.start,
    ) {
      waits.delete(prediction);
      watch._results++;
      const { _window: window } = prediction;
      const spoilt = isSpoilt(prediction);
      const firstMs = prediction === first && !spoilt ? +ms.toFixed(3) : undefined;
      handOverLoad(firstMs, window._executor.backend);
      // One method a window: times learnt in different ways are not one distribution.
      if (spoilt) return;
      window._item.ready_method ??= method;
      if (window._item.ready_method === method) record(window.ready, ms);
    },
    failed(prediction: Timed, error: unknown) {
      waits.delete(prediction);
      const { _item: item } = prediction._window;
      item.errors = (item.errors ?? 0) + 1;
      watch._failures++;
      if (prediction === first) handOverLoad();
      page._raise(subject, handle.backend, incidentKind(error), errorName(error));
    },
    disposed: handle.unwrap,
    fault: (error: unknown) => page.fault(error, subject.model),
  };

  const watch: Watch = {
    _subject: subject,
    _tally: tally,
    _made: 0,
    _failures: 0,
    _results: 0,
    _observer: observer as Observer,
    _closeWindow(atEnd) {
      const { _open: open } = watch;
      if (atEnd) handOverLoad();
      if (atEnd || !waits.size || (open && now() - open._started >= 2 * page._windowMs)) endWindow();
    },
    _peek() {
      const { _open: open } = watch;
      return (
        open && {
          ...open._item,
          ...open._executor,
          duration_ms: Math.round(now() - open._started),
          dispatch_ms: encode(open.dispatch),
          ready_ms: encode(open.ready),
          memory: page._memorySignal?.(open._memory) as MemorySignal | undefined,
        }
      );
    },
  };
  return watch;
}
