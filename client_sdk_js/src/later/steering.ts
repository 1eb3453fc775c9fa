/** Which arm each model of the page runs, and loading it so: all of `load()` but the watching. */

import type { Adapter } from '../core/adapter.js';
import type { Loaded, Page } from '../core/monitor.js';
import type { LoadOptions } from '../core/options.js';
import type { Chosen } from '../core/snapshot.js';
import type { Subject } from '../core/watch.js';
import type { Backend, Device } from '../generated/report.js';
import { lostBackends } from './aside.js';
import { type Attempt, listAttempts } from './attempts.js';
import { whenIdle } from './device.js';
import { keep, recall } from './keeper.js';
import { isAsked, loadByAttempts } from './loading.js';
import { stableHash } from './plan.js';
import { type Planned, remoteConfig } from './remote_config.js';

export interface Steering {
  /**
   * Loads a model the way the plan for this device says.
   *
   * @throws what the page's own `load` threw; nothing else.
   */
  _load<M extends object>(name: string, load: LoadOptions<M>): Promise<Loaded<M>>;
  /** Why a model runs as it does. */
  _chosen(model: object): Chosen;
  /** What a model runs was lost: this install does not start it again for a day. */
  _lost(subject: Subject): void;
  /** The collector says which config it has now. */
  _refresh(etag: string): void;
}

export function createSteering(page: Page, alive: boolean, facts: () => Device): Steering {
  const { host, fault, _options: options } = page;
  const { sampleRate = 1 } = options;
  const lot = host.random(); // this session's place among those that report
  const remote = remoteConfig({
    host,
    options,
    endpoint: page._endpoint,
    facts,
    fault,
    onConfig({ version, device_class, enabled = true, sample_rate = 1 }) {
      page._onConfig({ config_version: version, device_class }, enabled && lot < sample_rate * sampleRate);
    },
  });
  const aside = lostBackends(host, options);
  // A page life goes by one plan for a model, whatever arrives meanwhile.
  const plans = new Map<string, Planned | undefined>();
  const choices = new WeakMap<object, Chosen>();
  const steered = new WeakMap<Adapter, Backend>(); // a library has one backend a page
  if (lot >= sampleRate) page._onConfig({}, false);
  // Also for a page that steers nothing: the kill switch and the sample rate are for it, too.
  if (alive && options.remoteConfig !== false)
    (host.idle ?? whenIdle)(() => {
      remote.get();
    });

  /** The attempts for a model, remote config asked within its budget. Never rejects. */
  async function choose<M extends object>(name: string, load: LoadOptions<M>): Promise<Attempt[]> {
    const { override, variants, url } = load;
    const base = {
      variants,
      url,
      override,
      planned: undefined,
      at: 0,
      steered: steered.get(load.adapter),
      limits: options,
    };
    try {
      if (!alive || override || options.remoteConfig === false) return listAttempts(name, base);
      let install = recall<string>(host, 'install');
      if (typeof install !== 'string') {
        install = page._randomId();
        keep(host, 'install', install);
      }
      if (!plans.has(name)) plans.set(name, await remote.get());
      const planned = plans.get(name);
      if (planned?.document.enabled === false) return listAttempts(name, base);
      const at = stableHash(`${install} ${options.app} ${name}`);
      const attempts = listAttempts(name, { ...base, planned, at });
      return planned ? aside._without(name, attempts, planned.document.version) : attempts;
    } catch (error) {
      fault(error, name);
      return listAttempts(name, base);
    }
  }

  return {
    async _load(name, load) {
      load.adapter.backends().catch(() => undefined); // fetched meanwhile; a failure shows when it is needed
      const attempts = await choose(name, load);
      const loaded = await loadByAttempts(page, load.adapter, attempts, load.load);
      const { attempt, backend, model } = loaded;
      if (attempt.backend && !steered.has(load.adapter)) steered.set(load.adapter, backend);
      const document = load.override ? undefined : plans.get(name)?.document;
      const version = document?.version;
      choices.set(model, {
        probability: attempt.probability,
        config_version: version,
        device_class: document?.device_class,
        fallbacks: loaded.load.fallbacks,
      });
      aside._ran({ model: name, variant: undefined }, attempt, version);
      for (const tried of loaded.load.fallbacks ?? [])
        page._raise(
          { model: name, variant: tried.variant },
          tried.backend,
          'fallback',
          tried.error ?? undefined,
        );
      return {
        model,
        variant: attempt.variant,
        source: isAsked(backend, attempt.backend) ? attempt.source : 'fallback',
        probability: attempt.probability,
        load: loaded.load,
      };
    },
    _chosen: (model) => choices.get(model) ?? {},
    _lost: aside._lost,
    _refresh: remote.refresh,
  };
}
