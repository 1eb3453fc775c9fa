/** Which arm each model of the page runs, and loading it so: all of `load()` but the watching. */

import type { Host } from '../core/host.js';
import type { Loaded } from '../core/monitor.js';
import type { LoadOptions, MonitorOptions } from '../core/options.js';
import type { Watching } from '../core/watch.js';
import type { Backend, Device, ErrorName, Exposure } from '../generated/report.js';
import { type Attempt, listAttempts } from './attempts.js';
import { keep, recall } from './keeper.js';
import { isAsked, loadByAttempts } from './loading.js';
import { stableHash } from './plan.js';
import { remoteConfig } from './remote_config.js';

/** What steering needs of the monitor. Functions of the core are handed in: importing them would split them off. */
export interface Context {
  host: Host;
  options: MonitorOptions;
  endpoint: string;
  /** False on a server, or with options that make no sense: config is not asked then. */
  alive: boolean;
  facts: () => Promise<Device>;
  /** Told what exposures say of the config to go by, whenever it changes, and whether this session reports. */
  onConfig: (facts: Pick<Exposure, 'config_version' | 'device_class'>, report: boolean) => void;
  fault: (error: unknown, model?: string) => void;
  raise: Watching['_raise'];
  errorName: (error: unknown) => ErrorName;
  randomId: () => string;
}

export interface Steering {
  /**
   * Loads a model the way the plan for this device says.
   *
   * @throws what the page's own `load` threw; nothing else.
   */
  load<M extends object>(name: string, load: LoadOptions<M>): Promise<Loaded<M>>;
  /** The collector says which config it has now. */
  _refresh(etag: string): void;
}

export function createSteering(context: Context): Steering {
  const { host, options, fault } = context;
  const lot = host.random(); // this session's place among those that report
  const remote = remoteConfig({
    ...context,
    onConfig({ version, device_class, enabled = true, sample_rate = 1 }) {
      context.onConfig({ config_version: version, device_class }, enabled && lot < sample_rate);
    },
  });
  let steered: Backend | undefined;

  /** The attempts for a model, remote config asked within its budget. Never rejects. */
  async function choose<M extends object>(name: string, load: LoadOptions<M>): Promise<Attempt[]> {
    const { override, variants, url } = load;
    const base = { variants, url, override, planned: undefined, at: 0, steered, limits: options };
    try {
      if (!context.alive || override || options.remoteConfig === false) return listAttempts(name, base);
      let install = recall<string>(host, 'install');
      if (typeof install !== 'string') {
        install = context.randomId();
        keep(host, 'install', install);
      }
      const planned = await remote.get();
      if (planned?.document.enabled === false) return listAttempts(name, base);
      const at = stableHash(`${install} ${options.app} ${name}`);
      return listAttempts(name, { ...base, planned, at, steered });
    } catch (error) {
      fault(error, name);
      return listAttempts(name, base);
    }
  }

  return {
    async load(name, load) {
      const attempts = await choose(name, load);
      const loaded = await loadByAttempts(context, load.adapter, attempts, load.load);
      const { attempt, backend, model } = loaded;
      if (attempt.backend) steered ??= backend;
      for (const tried of loaded.load.fallbacks ?? [])
        context.raise(
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
    _refresh: remote.refresh,
  };
}
