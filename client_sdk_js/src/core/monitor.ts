/**
 * The SDK's one entry: composes watching, reports and the lazily loaded parts, and keeps their faults away from the
 * page. What is here and imported from here is what the page waits for: everything that the first second can do
 * without is in `later/`, behind `import()`.
 */

import type { Device } from '../generated/report.js';
import type { Later } from '../later/later.js';
import type { Adapter } from './adapter.js';
import { errorName } from './errors.js';
import { guarded } from './guarded.js';
import { encode, record } from './histogram.js';
import { browserHost, type Host, randomId } from './host.js';
import type { LoadOptions, Monitor, MonitorEvents, MonitorOptions, WatchedModel } from './options.js';
import { createOutbox, type DropReason, type Outbox } from './outbox.js';
import type { ConfigFacts, Listener, Loaded, Page } from './page.js';
import { ORIGINAL } from './snapshot.js';
import { createStages, type Stages } from './stages.js';
import { type Subject, type Watches, type Watching, watchModel } from './watch.js';

const NAME = /^[a-z0-9][a-z0-9._+-]{0,63}$/i;
const NOTHING = (): void => undefined;
const SHORTEST_WINDOW_MS = 1_000;
const LONGEST_WINDOW_MS = 60_000;
const LONGEST_FLUSH_MS = 300_000; // what is left then goes out by itself
/** The developer's own machine. */
const LOCAL = /localhost$|^127[.\d]+$|^\[::1]/;
const NOT_LOADED = 'a file of the SDK did not load: serve and allow it';
const SOON_MS = 3_000; // a model does not wait longer for the part that would choose its arm

/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
export function createMonitor(options: MonitorOptions): Monitor {
  try {
    return compose({ ...options }, true);
  } catch {
    // Options that cannot even be read, or a browser without what an id is made of: as on a server.
    return compose({} as MonitorOptions, false);
  }
}

function compose(options: MonitorOptions, anywhere: boolean): Monitor {
  const { app, key, release, windowMs: asked } = options;
  const host: Host = { ...browserHost, ...options.host };
  const endpoint = `${options.endpoint}`.replace(/\/+$/, '');
  // What is no number, or nothing, is the default, and none is so short that it would keep the page busy.
  const windowMs =
    Math.max(SHORTEST_WINDOW_MS, Math.min(LONGEST_WINDOW_MS, asked as number)) || LONGEST_WINDOW_MS;
  // A page or a worker; a server has no location.
  let alive = anywhere && !!(globalThis.location || options.host);
  let consented = options.consent !== false;
  let sampled = true;
  const optedOut =
    alive &&
    options.globalPrivacyControl !== 'ignore' &&
    (globalThis.navigator as { globalPrivacyControl?: boolean })?.globalPrivacyControl;
  let shownAt = 0;
  let measuring = alive && consented && !optedOut;
  let id: string | undefined;
  const listeners = new Set<Listener>();
  const watches: Watches = new Map();
  let config: ConfigFacts | undefined;
  let part: Later | undefined;
  let loading: Promise<Later | undefined> | undefined;
  let detach: (() => void) | undefined;
  let problems: string[] | undefined;

  function emit<E extends keyof MonitorEvents>(event: E, value: MonitorEvents[E]): void {
    for (const { event: wanted, listener } of listeners) {
      try {
        if (wanted === event) (listener as (value: MonitorEvents[E]) => void)(value);
      } catch (error) {
        // Not `fault`: its incident would be told to the listener that just threw.
        console.warn('inferfleet:', error);
      }
    }
  }

  const raise: Watching['_raise'] = (subject, backend, kind, error) => {
    if (measuring) outbox._add('incidents', { ...subject, backend, kind, at: host.epoch(), error });
  };

  function fault(error: unknown, model = app): void {
    try {
      const subject = { model: NAME.test(model) ? model : app } as Subject; // of no variant
      raise(subject, 'other', 'sdk_error', errorName(error));
    } catch {
      // The bookkeeping itself is broken; the page must not feel it.
    }
  }

  /** Runs a step of ours; what goes wrong in it is counted and kept from the page. */
  function guard<T>(step: () => T): T | undefined;
  function guard<T>(step: () => T, otherwise: T): T;
  function guard<T>(step: () => T, otherwise?: T): T | undefined {
    try {
      return step();
    } catch (error) {
      fault(error);
      return otherwise;
    }
  }

  // What runs later must not throw into the page either, nor a page without timers.
  const { after } = host;
  host.after = (ms, fn) => {
    const cancel = guard(() => after(ms, () => guard(fn)), NOTHING);
    return () => guard(cancel);
  };

  /** Made when it is first asked for: chance costs a page's first task 0.3 ms. */
  function session(): string {
    id ??= alive ? randomId() : '';
    return id;
  }

  /** Until the device has been looked at: what an earlier visit of this very browser found out. */
  function device(): Device {
    if (part) return part._device();
    try {
      return (
        JSON.parse((host.storage ?? localStorage).getItem('inferfleet:device') as string)[
          navigator.userAgent
        ] ?? {}
      );
    } catch {
      return {}; // nothing there, or storage is denied: so short a page life has no facts
    }
  }

  const url = `${endpoint}/v1/report${key ? `?key=${encodeURIComponent(key)}` : ''}`;
  // Without it nothing is measured: every step of ours then ends at its guard.
  const outbox = guard(() => createOutbox(host, { app, release, session, device, url }, emit)) as Outbox;

  const page: Page = {
    ...(guard(() => createStages(host, outbox)) as Stages),
    host,
    fault,
    _options: options,
    _endpoint: endpoint,
    _url: url,
    _alive: alive,
    _dev: options.dev ?? LOCAL.test(globalThis.location?.hostname),
    _outbox: outbox,
    _waits: new Map(),
    _tallies: new Map(),
    _watches: watches,
    _listeners: listeners,
    _watch: watch,
    _loadPlainly: loadPlainly,
    _waiting: () => part?._waiting(),
    _windowMs: windowMs,
    _enabled: () => measuring,
    _unseen: (start, subject) => host.hidden() || start < shownAt || part?._slept(start, subject),
    _raise: raise,
    _errorName: errorName,
    _randomId: randomId,
    _record: record,
    _encode: encode,
    _flush: flush,
    _onConfig(facts, report) {
      config = facts;
      sampled = report;
      allow('sampled_out');
    },
  };

  /**
   * The part that the first second does without; undefined when it does not load, or not soon: the next call asks
   * again, or waits again.
   */
  function later(): Promise<Later | undefined> {
    loading ??= import('../later/later.js')
      .then(({ startLater }) => {
        part = startLater(page);
        return part;
      })
      .catch((error) => {
        loading = undefined;
        if (!problems) {
          fault(error); // once: what an ad blocker stops is asked for again at each flush
          if (page._dev) console.warn('inferfleet:', NOT_LOADED, error);
        }
        problems = [NOT_LOADED];
        return undefined;
      });
    return within(SOON_MS, loading);
  }

  /** What `started` gives; undefined when it does not within `ms`. */
  function within<T>(ms: number, started: T): Promise<Awaited<T> | undefined> {
    return Promise.race([
      started,
      new Promise<undefined>((resolve) => host.after(ms, resolve as () => void)),
    ]);
  }

  /** Measures if all agree; what is at hand is let go when that ends. */
  function allow(otherwise: DropReason): void {
    measuring = alive && consented && sampled && !optedOut;
    if (measuring) return;
    closeWindows(true);
    outbox._clear(otherwise);
  }

  function closeWindows(atEnd?: boolean): void {
    for (const { watch } of watches.values()) watch._closeWindow(atEnd);
    page._closeStages();
  }

  async function sendAll(): Promise<void> {
    if (!measuring || host.prerendering()) return;
    const sender = await later(); // first: it knows what windows say of memory
    closeWindows();
    outbox._pack();
    // Without the part that retries, a beacon is better than nothing.
    await within(LONGEST_FLUSH_MS, (sender ?? outbox)._send());
  }

  function flush(): Promise<void> {
    return sendAll().catch(fault);
  }

  function exit(): void {
    guard(() => {
      if (!measuring || host.prerendering()) return;
      closeWindows(true);
      outbox._pack();
      outbox._send();
    });
  }

  function tick(): void {
    host.after(windowMs, () => {
      if (!alive) return;
      flush();
      tick();
    });
  }

  /** The page's first use starts the clock and the listeners: an unused monitor costs nothing. */
  function awake(): void {
    if (detach || !alive || !consented) return;
    tick();
    detach = host.visibility(exit, () => {
      shownAt = host.now();
      flush();
    });
    host.after(0, later); // a page's first import() takes a millisecond or two: not of this task
  }

  function watch<M extends object>(name: string, adapter: Adapter, loaded: Loaded<M>): WatchedModel<M> {
    const { model, variant, source, probability, load, check, steerable } = loaded;
    const known = guard(() => watches.get(model));
    if (known) return known.handle as WatchedModel<M>;
    let end = NOTHING;
    const handle: WatchedModel<M> = {
      model,
      variant,
      source,
      get backend() {
        return guard(() => adapter.executor(model).backend, 'other');
      },
      unwrap: () => guard(() => watches.delete(model) && end()),
    };
    guard(() => {
      if (!alive) return;
      awake(); // first: somebody has to tell what is wrong with the rest
      if (!NAME.test(name) || !NAME.test(variant)) throw new RangeError();
      const subject = { model: name, variant: variant === ORIGINAL ? undefined : variant, steerable };
      const item = measuring && load ? { ...load, ...subject } : undefined;
      const watch = watchModel(page, adapter, handle, subject, item);
      watch._observer = guarded(watch._observer, watch._observer.fault);
      const undo = adapter.observe(model, watch._observer);
      end = () => {
        watch._closeWindow(true); // first: a model that was frozen meanwhile cannot be put back
        undo();
      };
      const expose = () => {
        if (!measuring) return;
        outbox._add('exposures', {
          ...subject,
          backend: handle.backend,
          at: host.epoch(),
          source,
          ...config,
          probability,
        });
      };
      watches.set(model, { watch, handle, adapter, check, _expose: expose });
      part?._watchLoss(adapter);
      expose();
    });
    return handle;
  }

  /** Without the part that chooses, a model is loaded as the page would have done. */
  async function loadPlainly<M extends object>(options: LoadOptions<M>): Promise<Loaded<M>> {
    const [variant, where] = Object.entries(options.variants ?? {})[0] ?? [ORIGINAL, options.url ?? ''];
    return { model: await options.load(where), variant, source: 'default' };
  }

  async function load<M extends object>(
    name: string,
    options: LoadOptions<M>,
    races?: boolean,
  ): Promise<WatchedModel<M>> {
    const steered = consented ? await later() : undefined;
    const loading = guard(() => steered?._load(name, options, races));
    return watch(name, options.adapter, await (loading ?? loadPlainly(options)));
  }

  return {
    load,
    race: (name, options) => load(name, options, true),
    wrap(name, model, options) {
      const { adapter, variant = ORIGINAL, check } = guard(() => ({ ...options }), {} as typeof options);
      return watch(name, adapter, { model, variant, source: 'default', check, steerable: false });
    },
    stage: (name, options) =>
      guard(() => {
        if (!measuring || !NAME.test(name)) return NOTHING;
        awake();
        const started = host.now();
        return () => guard(() => measuring && page._addSpan(name, options?.model, host.now() - started));
      }, NOTHING),
    snapshot: () => ({
      enabled: measuring,
      session: guard(session, ''),
      models: [],
      stages: [],
      incidents: [],
      problems,
      reports: {
        acknowledged: outbox?._acknowledged,
        queued: outbox?._queue?.length,
        dropped: outbox?._dropped,
      },
      ...guard(() => part?._live()),
    }),
    on(event, listener) {
      const entry = { event, listener };
      guard(() => listeners.add(entry));
      return () => guard(() => listeners.delete(entry));
    },
    consent(given) {
      if (consented === given) return;
      consented = given;
      guard(() => {
        allow('consent');
        if (!given)
          return void import('../later/forget.js').then(({ forget }) => forget(host, app)).catch(fault);
        if (watches.size) awake();
        for (const { _expose } of watches.values()) _expose();
      });
    },
    flush,
    close() {
      if (!alive) return;
      exit();
      guard(() => {
        detach?.();
        for (const { handle } of watches.values()) handle.unwrap();
      });
      alive = measuring = false;
    },
  };
}
