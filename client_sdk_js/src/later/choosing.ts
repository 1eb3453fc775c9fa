/** What a model should run, and in which order it is tried: remote config, the draw among its arms, and what was lost. */

import type { LoadOptions } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { ConfigDocument } from '../generated/config.js';
import type { Backend, Device } from '../generated/report.js';
import type { Aside } from './aside.js';
import { type Attempt, type Choice, listAttempts, planFor } from './attempts.js';
import { whenIdle } from './device.js';
import { keep, recall } from './keeper.js';
import { stableHash } from './plan.js';
import { type Planned, type RemoteConfig, remoteConfig } from './remote_config.js';
import { wasmSettings } from './wasm_settings.js';

/** What was chosen for one load. */
export interface ChosenAttempts {
  attempts: Attempt[];
  choice: Choice;
}

export interface Choosing {
  /** Whether plans are gone by at all. */
  _steers: boolean;
  /** The attempts for a model, remote config asked within its budget. Never rejects. */
  _choose<M extends object>(
    name: string,
    load: LoadOptions<M>,
    gone: readonly Backend[],
    steered: Backend | undefined,
    isBarred: (attempt: Attempt) => boolean,
  ): Promise<ChosenAttempts>;
  /** The plan for a model, which it keeps. */
  _plan(name: string): Promise<Planned | undefined>;
  /** This install's place in [0, 1) in a draw about this model, always the same for one `salt`. */
  _place(name: string, salt?: string): number;
  /** The kill switch is on. */
  _isOff(): boolean;
  _refresh: RemoteConfig['refresh'];
}

export function createChoosing(page: Page, alive: boolean, facts: () => Device, aside: Aside): Choosing {
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
  // A page life goes by one plan for a model, whatever arrives meanwhile, as long as the plan is valid.
  const plans = new Map<string, Planned | undefined>();
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

  const placeOf = (name: string, salt = ''): number =>
    stableHash(`${installId()} ${options.app} ${name}${salt}`);

  async function planOf(name: string): Promise<Planned | undefined> {
    if (!steers) return undefined;
    const known = plans.get(name);
    if (!plans.has(name) || (known && known.document.expires_at <= host.epoch()))
      plans.set(name, await remote.get());
    // A kill switch that came since holds whatever the plan says.
    return newest?.enabled === false ? undefined : plans.get(name);
  }

  return {
    _steers: steers,
    async _choose(name, { override, variants, url }, gone, steered, isBarred) {
      const base: Choice = { variants, url, override, planned: undefined, at: 0, steered, limits: options };
      try {
        let planned: Planned | undefined;
        let at = 0;
        if (steers && !override) {
          at = placeOf(name);
          planned = await planOf(name);
        }
        const plan = planFor(name, planned);
        const wasm = planned && plan && wasmSettings(host, options, plan, planned.document);
        const choice = { ...base, planned, at, wasm };
        const attempts = listAttempts(name, choice);
        const version = planned?.document.version;
        return { attempts: aside._without(name, attempts, version, gone, isBarred), choice };
      } catch (error) {
        fault(error, name);
        return { attempts: listAttempts(name, base), choice: base };
      }
    },
    _plan: planOf,
    _place: placeOf,
    _isOff: () => newest?.enabled === false,
    _refresh: remote.refresh,
  };
}
