/** Which arm each model of the page runs, and loading it so: all of `load()` but the watching. */

import type { Adapter, Backends } from '../core/adapter.js';
import type { LoadOptions, LostModel } from '../core/options.js';
import type { Loaded, Page } from '../core/page.js';
import type { Chosen } from '../core/snapshot.js';
import type { Canary, ConfigDocument } from '../generated/config.js';
import type { Backend, Device } from '../generated/report.js';
import { family, lostBackends } from './aside.js';
import { type Attempt, listAttempts, ORIGINAL } from './attempts.js';
import { runAlone, runCanary, type Verdict } from './canary.js';
import { whenIdle } from './device.js';
import { keep, recall } from './keeper.js';
import { type Gone, isAsked, loadByAttempts } from './loading.js';
import { stableHash } from './plan.js';
import { type Planned, remoteConfig } from './remote_config.js';
import { wasmSettings } from './wasm_settings.js';

const CANARY_MS = 3_000;

export interface Steering {
  /**
   * Loads a model the way the plan for this device says.
   *
   * @throws what the page's own `load` threw; nothing else.
   */
  _load<M extends object>(name: string, load: LoadOptions<M>): Promise<Loaded<M>>;
  /** Why a model runs as it does. */
  _chosen(model: object): Chosen;
  /** What loads a model once more, without what was lost; undefined when it was not loaded here. */
  _reloader(model: object): (() => Promise<Loaded<object>>) | undefined;
  /** What a model runs was lost: this page life does without it, and this install for a day. */
  _lost(model: string, adapter: Adapter, kind: LostModel['kind'], backend: Backend): void;
  /** What came of the canary of a model that was loaded here. */
  _verdict(model: object): Promise<Verdict> | undefined;
  /** The plan's reference output for a model that was only wrapped. */
  _reference(model: string): Promise<Canary | undefined>;
  /** The collector says which config it has now. */
  _refresh(etag: string): void;
}

export function createSteering(page: Page, alive: boolean, facts: () => Device): Steering {
  const { host, fault, _options: options } = page;
  const { sampleRate = 1 } = options;
  const lot = host.random(); // this session's place among those that report
  const steers = alive && options.remoteConfig !== false;
  let newest: ConfigDocument | undefined;
  const remote = remoteConfig({
    host,
    options,
    dev: page._dev,
    endpoint: page._endpoint,
    facts,
    fault,
    onConfig(document) {
      newest = document;
      const { version, device_class, enabled = true, sample_rate = 1 } = document;
      page._onConfig({ config_version: version, device_class }, enabled && lot < sample_rate * sampleRate);
    },
  });
  const aside = lostBackends(host, options);
  // A page life goes by one plan for a model, whatever arrives meanwhile, as long as the plan is valid.
  const plans = new Map<string, Planned | undefined>();
  const choices = new WeakMap<object, Chosen>();
  const steered = new WeakMap<Adapter, Backend>(); // of libraries that have one backend a page
  const lost = new WeakMap<Adapter, Gone[]>();
  const verdicts = new WeakMap<object, Promise<Verdict>>();
  const reloaders = new WeakMap<object, () => Promise<Loaded<object>>>();
  if (lot >= sampleRate) page._onConfig({}, false);
  // Also for a page that steers nothing: the kill switch and the sample rate are for it, too.
  if (steers)
    (host.idle ?? whenIdle)(() => {
      askFirst().catch(fault);
    });

  async function askFirst(): Promise<void> {
    // A visit that may never come asks for nothing, unless a model is loaded for it.
    if (host.prerendering()) await visitor();
    await remote.get();
  }

  /** Resolves when the page is shown. Chromium tells of that a moment before prerendering ends. */
  function visitor(): Promise<void> {
    return new Promise((resolve) => {
      const stop = host.visibility(
        () => undefined,
        () => {
          stop();
          resolve();
        },
      );
    });
  }

  function installId(): string {
    const kept = recall<string>(host, 'install');
    if (typeof kept === 'string') return kept;
    const made = page._randomId();
    keep(host, 'install', made);
    return made;
  }

  /** The plan for a model, which it keeps. */
  async function planOf(name: string): Promise<Planned | undefined> {
    if (!steers) return undefined;
    const known = plans.get(name);
    if (!plans.has(name) || (known && known.document.expires_at <= host.epoch()))
      plans.set(name, await remote.get());
    // A kill switch that came since holds whatever the plan says.
    return newest?.enabled === false ? undefined : plans.get(name);
  }

  /** The attempts for a model, remote config asked within its budget. Never rejects. */
  async function choose<M extends object>(
    name: string,
    load: LoadOptions<M>,
    gone: readonly Backend[],
    steered: Backend | undefined,
  ): Promise<{ attempts: Attempt[]; planned: Planned | undefined }> {
    const { override, variants, url } = load;
    const base = {
      variants,
      url,
      override,
      planned: undefined,
      at: 0,
      steered,
      limits: options,
    };
    try {
      let planned: Planned | undefined;
      let at = 0;
      if (steers && !override) {
        at = stableHash(`${installId()} ${options.app} ${name}`);
        planned = await planOf(name);
      }
      const plan = planned?.document.models?.[name];
      const wasm = planned && plan && wasmSettings(host, options, plan, planned.document);
      const attempts = listAttempts(name, { ...base, planned, at, wasm });
      return { attempts: aside._without(name, attempts, planned?.document.version, gone), planned };
    } catch (error) {
      fault(error, name);
      return { attempts: listAttempts(name, base), planned: undefined };
    }
  }

  async function load<M extends object>(
    name: string,
    load: LoadOptions<M>,
    again?: boolean,
  ): Promise<Loaded<M>> {
    const { adapter, check, attemptMs } = load;
    const backends = adapter.backends().catch(() => undefined); // a failure shows when it is needed
    let started: Partial<Backends> = {}; // nobody waits for a part that does not load
    backends.then((known) => {
      started = known ?? {};
    });
    const gone = (lost.get(adapter) ?? []).filter(({ model = name }) => model === name);
    const before = steered.get(adapter);
    const isThere = before && !gone.some(({ backend }) => family(backend) === family(before));
    const { attempts, planned } = await choose(
      name,
      load,
      // What the page itself forces is its own affair, until it asks for something else. And where another model is
      // steered to by now, the library's own pick is that.
      isThere || (load.override && !again) ? [] : gone.map(({ backend }) => backend),
      isThere ? before : undefined,
    );
    const version = planned?.document.version;
    const reference = planned?.document.models?.[name]?.canary;
    const { canary, canaryMs: waitMs = CANARY_MS } = check ?? {};
    const loaded = await loadByAttempts(page, {
      adapter,
      attempts,
      load: load.load,
      attemptMs,
      gone,
      verify:
        canary && reference
          ? {
              // Nobody knows when a page that is predicting will pause.
              waitMs: (model) => (started.inUse?.(model) === 'busy' ? 0 : waitMs),
              start: (model, isOut) =>
                runAlone(
                  host,
                  {
                    // A run may be older than the part that sees runs, but not than its observation.
                    inUse: (of) =>
                      started.inUse?.(of) ?? (started.alone && page._waits.size ? 'pending' : undefined),
                    alone: started.alone,
                  },
                  () => runCanary(page, () => canary(model), reference, options.hangMs),
                  () => (isOut() ? undefined : model),
                ),
            }
          : undefined,
      onGivenUp(attempt, backend, { kind, error, late }) {
        const subject = { model: name, variant: attempt.variant === ORIGINAL ? undefined : attempt.variant };
        // An error of its own may be gone on the next visit: the network's, say.
        if (late || kind !== 'fallback') aside._put(name, attempt, version, late === 'load' && !attempt.own);
        page._raise(subject, backend, kind, kind === 'fallback' ? page._errorName(error) : undefined);
      },
    });
    const { attempt, backend, model, verdict } = loaded;
    const { perModel, fixed } = started;
    if (attempt.backend && !isThere && !perModel) steered.set(adapter, backend);
    choices.set(model, {
      probability: attempt.probability,
      config_version: version,
      device_class: planned?.document.device_class,
      fallbacks: loaded.load.fallbacks,
    });
    aside._ran(name, attempt, version);
    reloaders.set(model, () => reload(name, load));
    if (verdict) verdicts.set(model, verdict);
    return {
      model,
      variant: attempt.variant,
      source: !again && isAsked(backend, attempt.backend) ? attempt.source : 'fallback',
      probability: attempt.probability,
      // What a plan could have chosen, whatever chose this time: a forced arm is evidence, too.
      steerable: steers && (!fixed || Object.keys(load.variants ?? {}).length > 1) ? undefined : false,
      load: loaded.load,
      check: check as Loaded<M>['check'],
    };
  }

  const reload = <M extends object>(name: string, options: LoadOptions<M>) => load(name, options, true);

  return {
    _load: (name, options) => load(name, options),
    _chosen: (model) => choices.get(model) ?? {},
    _reloader: (model) => reloaders.get(model),
    _lost(model, adapter, kind, backend) {
      aside._lost(model);
      const known = lost.get(adapter) ?? [];
      const gone: Gone = { backend, model: /_lost$/.test(kind) ? undefined : model };
      // One device is lost once, for all of its models.
      if (!known.some((one) => !one.told && one.backend === backend && one.model === gone.model))
        lost.set(adapter, [...known, gone]);
    },
    _verdict: (model) => verdicts.get(model),
    async _reference(model) {
      return (await planOf(model))?.document.models?.[model]?.canary ?? undefined;
    },
    _refresh: remote.refresh,
  };
}
