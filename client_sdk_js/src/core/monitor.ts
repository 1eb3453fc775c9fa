/** The SDK's one entry: composes config, watching and delivery, and keeps their faults away from the page. */

import type { ConfigDocument } from '../generated/config.js';
import type { ArmSource, Backend } from '../generated/report.js';
import type { Adapter } from './adapter.js';
import { type Attempt, configFacts, listAttempts, ORIGINAL } from './attempts.js';
import { createDelivery } from './delivery.js';
import { deviceFacts } from './device.js';
import { errorName } from './errors.js';
import { hangWatch } from './hang_watch.js';
import { browserHost, type Host, randomId } from './host.js';
import { keep, recall } from './keeper.js';
import { isAsked, type Loaded, loadByAttempts } from './loading.js';
import type { LoadOptions, Monitor, MonitorEvents, MonitorOptions, WatchedModel } from './options.js';
import { createOutbox } from './outbox.js';
import { stableHash } from './plan.js';
import { remoteConfig } from './remote_config.js';
import { createStages } from './stages.js';
import { type Watch, type Watching, watchModel } from './watch.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const APP = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const RELEASE = /^[A-Za-z0-9._+/@-]{0,64}$/;
const NOTHING = (): void => undefined;
const URGENT_MS = 1_000;
const LONGEST_WINDOW_MS = 60_000;

/** What is wrong with the options, for the developer; undefined when nothing is. */
function refusal({ app, endpoint, release }: MonitorOptions): string | undefined {
  if (!APP.test(app)) return `app ${JSON.stringify(app)} is not a name like "shop" (a-z, 0-9, _ and -)`;
  if (typeof endpoint !== 'string') return 'endpoint is missing: pass the URL of your collector';
  if (!RELEASE.test(release ?? ''))
    return 'release may hold A-Z a-z 0-9 . _ + / @ - and at most 64 characters';
  return undefined;
}

/** Makes the page's monitor. Never throws: with wrong options, or on a server, it measures nothing. */
export function createMonitor(options: MonitorOptions): Monitor {
  const wrong = refusal(options);
  if (wrong) console.warn(`inferfleet measures nothing: ${wrong}`);
  const inPage = !!globalThis.document || 'WorkerGlobalScope' in globalThis || !!options.host;
  const host: Host = { ...browserHost(), ...options.host };
  const { app } = options;
  const endpoint = String(options.endpoint).replace(/\/+$/, '');
  const windowMs = Math.min(LONGEST_WINDOW_MS, options.windowMs ?? LONGEST_WINDOW_MS);
  const session = inPage ? randomId() : '';
  const lot = host.random(); // this session's place among those that report
  const listeners = new Map<string, Set<(value: never) => void>>();
  const watches = new Map<object, { watch: Watch; handle: WatchedModel<object>; adapter: Adapter }>();
  const lossWatched = new WeakSet<Adapter>();
  let alive = inPage && !wrong;
  let measuring = alive;
  let config: ConfigDocument | undefined;
  let steered: Backend | undefined;
  let ticking = false;
  let urgent = false;

  function emit<E extends keyof MonitorEvents>(event: E, value: MonitorEvents[E]): void {
    for (const listener of listeners.get(event) ?? []) {
      try {
        (listener as (value: MonitorEvents[E]) => void)(value);
      } catch (error) {
        // Not `fault`: its incident would be told to the listener that just threw.
        console.warn('inferfleet: a listener threw', error);
      }
    }
  }

  const fault = (error: unknown, model = app): void => {
    try {
      if (!measuring) return;
      const subject = { model: NAME.test(model) ? model : ORIGINAL, backend: 'other' as const };
      outbox.incident({ ...subject, kind: 'sdk_error', at: host.epoch(), error: errorName(error) });
    } catch {
      // The bookkeeping itself is broken; the page must not feel it.
    }
  };

  /** Runs a step of ours; what goes wrong in it is counted and kept from the page. */
  function guard<T>(step: () => T, otherwise: T): T {
    try {
      return step();
    } catch (error) {
      fault(error);
      return otherwise;
    }
  }

  const device = guard(
    () => (alive ? deviceFacts(host, fault) : () => ({})),
    () => ({}),
  );
  const outbox = createOutbox(host, { app, release: options.release, session, device }, emit);
  const stages = createStages(host, outbox);
  const remote = remoteConfig({
    host,
    app,
    endpoint,
    publicKey: options.configPublicKey,
    budgetMs: options.configBudgetMs ?? 300,
    facts: device,
    fault,
    onConfig(document) {
      config = document;
      measuring = alive && (document.enabled ?? true) && lot < (document.sample_rate ?? 1);
      if (!measuring) outbox.clear();
    },
  });
  const delivery = createDelivery({
    host,
    outbox,
    endpoint,
    key: options.key,
    emit,
    onConfigEtag: remote.refresh,
  });
  const hangs = hangWatch(host, options.hangMs ?? 30_000);
  const watching: Watching = {
    host,
    outbox: { ...outbox, incident: raise },
    hangs,
    windowMs,
    kernelEvery: options.kernelEvery ?? 1_000,
    enabled: () => measuring,
    fault,
  };

  /** Notes an incident, and sends soon those after which the page may not live long. */
  function raise(item: MonitorEvents['incident']): void {
    if (!measuring) return;
    outbox.incident(item);
    if (item.kind === 'error' || item.kind === 'fallback' || urgent) return;
    urgent = true;
    host.after(URGENT_MS, () => {
      urgent = false;
      guard(sendAll, undefined);
    });
  }

  function packAll(atEnd: boolean): void {
    for (const { watch } of watches.values()) watch.closeWindow(atEnd);
    stages.close();
    delivery.enqueue(outbox.pack());
  }

  function sendAll(): Promise<void> {
    if (!measuring) return Promise.resolve();
    packAll(false);
    return delivery.send();
  }

  function exit(): void {
    guard(() => {
      if (!measuring) return;
      packAll(true);
      delivery.exit();
    }, undefined);
  }

  function tick(): void {
    host.after(windowMs, () => {
      if (!alive) return;
      guard(sendAll, undefined);
      tick();
    });
  }

  /** The page's first use starts the clock and the listeners: an unused monitor costs nothing. */
  let detach = NOTHING;
  function awake(): void {
    if (ticking || !alive) return;
    ticking = true;
    tick();
    detach = host.visibility(exit, () => guard(() => void delivery.send(), undefined));
  }

  function watch<M extends object>(
    name: string,
    model: M,
    adapter: Adapter,
    variant: string,
    source: ArmSource,
    probability: number,
    load?: Loaded<M>['load'],
  ): WatchedModel<M> {
    const known = watches.get(model);
    if (known) return known.handle as WatchedModel<M>;
    const bare = { model, backend: 'other', variant, source, unwrap: NOTHING } as const;
    if (!alive) return { ...bare, backend: guard(() => adapter.executor().backend, 'other') };
    return guard<WatchedModel<M>>(() => {
      for (const label of [name, variant]) {
        if (!NAME.test(label)) throw new RangeError('a model or variant name may hold A-Z a-z 0-9 . _ + -');
      }
      awake();
      const watched = watchModel(watching, adapter, { model: name, variant, source }, () => handle.unwrap());
      const undo = adapter.observe(model, watched.observer);
      const handle: WatchedModel<M> = {
        model,
        variant,
        source,
        get backend() {
          return watched.backend();
        },
        unwrap: () =>
          guard(() => {
            if (!watches.delete(model)) return;
            undo();
            watched.closeWindow(true);
          }, undefined),
      };
      watches.set(model, { watch: watched, handle, adapter });
      if (!lossWatched.has(adapter)) {
        lossWatched.add(adapter);
        adapter.watchLoss((kind, backend) => guard(() => lost(adapter, kind, backend), undefined));
      }
      if (!measuring) return handle;
      const subject = { model: name, ...(variant !== ORIGINAL && { variant }), backend: watched.backend() };
      outbox.add('exposures', {
        ...subject,
        at: host.epoch(),
        source,
        ...configFacts(config),
        ...(probability !== 1 && { probability }),
      });
      if (load) {
        watched.expectFirst({ model: name, ...load });
        for (const { backend, variant, error } of load.fallbacks ?? []) {
          const tried = { model: name, ...(variant && { variant }), backend, ...(error && { error }) };
          raise({ ...tried, kind: 'fallback', at: host.epoch() });
        }
      }
      return handle;
    }, bare);
  }

  function lost(adapter: Adapter, kind: 'context_lost' | 'device_lost', backend: Backend): void {
    for (const { handle, adapter: other } of watches.values()) {
      const model = modelName(handle);
      if (other === adapter && model) raise({ ...model, backend, kind, at: host.epoch() });
    }
  }

  const modelName = (handle: WatchedModel<object>) => {
    const snapshot = watches.get(handle.model)?.watch.snapshot();
    return (
      snapshot && {
        model: snapshot.model,
        ...(snapshot.variant !== ORIGINAL && { variant: snapshot.variant }),
      }
    );
  };

  /** The attempts for a model, remote config asked within its budget. Never rejects. */
  async function choose<M extends object>(name: string, load: LoadOptions<M>): Promise<Attempt[]> {
    const { override, variants, url } = load;
    const base = { variants, url, override, planned: undefined, at: 0, steered, limits: options };
    try {
      if (!alive || override || options.remoteConfig === false) return listAttempts(name, base);
      let install = recall<string>(host, 'install');
      if (typeof install !== 'string') {
        install = randomId();
        keep(host, 'install', install);
      }
      const planned = await remote.get();
      if (planned?.document.enabled === false) return listAttempts(name, base);
      return listAttempts(name, { ...base, planned, at: stableHash(`${install} ${app} ${name}`), steered });
    } catch (error) {
      fault(error, name);
      return listAttempts(name, base);
    }
  }

  return {
    async load(name, load) {
      const attempts = await choose(name, load);
      const loaded = await loadByAttempts(host, load.adapter, attempts, load.load, fault);
      const { attempt, backend, model } = loaded;
      if (attempt.backend) steered ??= backend;
      const source = isAsked(backend, attempt.backend) ? attempt.source : 'fallback';
      return watch(name, model, load.adapter, attempt.variant, source, attempt.probability, loaded.load);
    },
    wrap: (name, model, { adapter, variant = ORIGINAL }) =>
      watch(name, model, adapter, variant, 'default', 1),
    stage(name, { model } = {}) {
      if (!measuring || !NAME.test(name)) return NOTHING;
      guard(awake, undefined);
      const started = host.now();
      return () => void guard(() => measuring && stages.add(name, model, host.now() - started), undefined);
    },
    snapshot: () => ({
      enabled: measuring,
      session,
      models: guard(() => [...watches.values()].map(({ watch }) => watch.snapshot()), []),
      reports: {
        acknowledged: delivery.acknowledged(),
        queued: delivery.queued(),
        dropped: outbox.dropped(),
      },
    }),
    on(event, listener) {
      const heard = listeners.get(event) ?? new Set();
      listeners.set(event, heard.add(listener as (value: never) => void));
      return () => void heard.delete(listener as (value: never) => void);
    },
    flush: () => guard(sendAll, Promise.resolve()).catch(fault),
    close() {
      if (!alive) return;
      exit();
      for (const { handle } of [...watches.values()]) handle.unwrap();
      alive = measuring = false;
      guard(detach, undefined);
    },
  };
}
