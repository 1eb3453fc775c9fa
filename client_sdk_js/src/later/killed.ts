/**
 * What became of page lives that left a breadcrumb and are no more: each is told once, as an incident `killed`, and
 * what killed this device twice is not run on it for a day.
 *
 * A death is told by a report of its own whose batch_id is the id of the life that ended. The breadcrumb stays until that
 * report has arrived. So nothing is lost when this page is killed, too, and what two tabs tell is stored once.
 */

import type { Page } from '../core/page.js';
import type { Backend } from '../generated/report.js';
import { type Attempt, ORIGINAL } from './attempts.js';
import { family } from './backend_names.js';
import { BEAT_MS, type Crumb, crumbName, keptNames, locksOf, type Step } from './crumbs.js';
import { NAME } from './document.js';
import { keep, recall, unkeep } from './keeper.js';
import { within } from './time_limit.js';

const YOUNG_MS = 300; // its lock may be on the way
const AGAIN_MS = 2_000;
const LOCKS_MS = 200; // a load does not wait longer for what the browser knows
const BARRED_MS = 24 * 3600 * 1000;
const REMEMBERED_MS = 7 * BARRED_MS;
const MOST_LIVES = 16; // looked at in one page life
const MOST_STEPS = 8;
const MOST_DEATHS = 32;
const TWICE = 2;

const BACKENDS = /^(cpu|wasm(-simd(-threads)?)?|webgl|webgpu|webnn|other)$/;
const PHASES = /^(start|load|first_prediction|predict)$/;
const ID = /^[a-z0-9]{16,36}$/;

/** Of one model of a life that ended. Not shortened by the build: another version of the SDK reads it. */
interface Death {
  life: string;
  /** When it was found, in epoch milliseconds. */
  at: number;
  model: string;
  variant: string;
  backend: Backend;
  /** Nobody but the library chose the backend. */
  natural: boolean;
}

export interface Killed {
  /** Resolves when it is known what died before, or when that cannot be waited for. Never rejects. */
  _known: Promise<unknown>;
  /** Whether this way to run a model killed this device so often, the last time within a day. */
  _isBarred(model: string, attempt: Attempt, times?: number): boolean;
  /** Whether any way to run this model is barred. */
  _hasBarred(model: string): boolean;
}

/** @param own this page life's breadcrumb. */
export function killedBefore(page: Page, own: string): Killed {
  const { host, fault, _options: options, _outbox: outbox } = page;
  const prefix = crumbName(options.app);
  const key = `deaths:${options.app}`;
  const told = new Set<string>();
  let looked = 0;
  let barred: Death[] | undefined;

  function deaths(): Death[] {
    const kept = recall<Death[]>(host, key);
    const now = host.epoch();
    return (Array.isArray(kept) ? kept : []).filter(
      (death) => death?.at <= now && now - death.at < REMEMBERED_MS && isBackend(death.backend),
    );
  }

  function count(life: string, steps: Step[]): void {
    const known = deaths();
    if (known.some((death) => death.life === life)) return;
    const at = host.epoch();
    const fresh = steps.map(
      ({ model, variant = ORIGINAL, backend, named }): Death => ({
        life,
        at,
        model,
        variant,
        backend,
        natural: !named,
      }),
    );
    keep(host, key, [...known, ...fresh].slice(-MOST_DEATHS));
    barred = undefined;
  }

  function tell(life: string, steps: Step[]): void {
    if (told.has(life) || !page._enabled()) return;
    told.add(life);
    const incidents = steps.map(({ model, variant, steerable, backend, phase }) => ({
      model,
      variant,
      steerable,
      backend,
      kind: 'killed' as const,
      at: host.epoch(), // when it died nobody knows
      phase,
    }));
    const entry = outbox._report(incidents.map((incident) => ['incidents', incident as never]));
    entry.report.batch_id = life;
    entry._attempted = true; // it stays as it is
    outbox._queue.push(entry);
    for (const incident of incidents) outbox._emit('incident', incident as never);
  }

  /** What arrived, or was let go for good, is not to be told again. */
  function settle(): void {
    for (const life of told) {
      if (outbox._queue.some(({ report }) => report.batch_id === life)) continue;
      told.delete(life);
      unkeep(host, crumbName(options.app, life));
    }
  }

  async function look(): Promise<void> {
    const names = keptNames(host, prefix).filter((name) => name !== crumbName(options.app, own));
    if (!names.length) return;
    const locks = locksOf();
    let living: (string | undefined)[] | undefined;
    if (locks) {
      const { held = [], pending = [] } = await within(host, LOCKS_MS, locks.query());
      living = [...held, ...pending].map(({ name }) => name);
    }
    let again = false;
    for (const name of names) {
      const life = name.slice(prefix.length);
      const crumb = recall<Crumb>(host, name);
      const steps = ID.test(life) ? culprits(crumb) : [];
      if (!crumb || !steps.length || looked >= MOST_LIVES) {
        if (looked < MOST_LIVES) unkeep(host, name); // spoilt
        continue;
      }
      const age = host.epoch() - crumb.at;
      const isYoung = age >= 0 && age < (locks ? YOUNG_MS : 3 * BEAT_MS);
      if (living?.includes(`inferfleet:${name}`) || isYoung) {
        again ||= isYoung;
        continue;
      }
      looked++;
      if (age < REMEMBERED_MS) count(life, steps);
      if (crumb.told && age < REMEMBERED_MS) tell(life, steps);
      else unkeep(host, name);
    }
    if (again) host.after(locks ? AGAIN_MS : 3 * BEAT_MS, () => look().catch(fault));
  }

  for (const event of ['report', 'dropped']) page._listeners.add({ event, listener: settle });
  // A browser that does not say who lives in time is no fault: another visit tells.
  // Later, when all who listen to incidents do.
  const known = Promise.resolve()
    .then(look)
    .catch((error: Error) => (error?.name === 'TimeoutError' ? undefined : fault(error)));
  return {
    _known: known,
    _isBarred(model, { backend, variant, source }, times = TWICE) {
      if (source === 'override') return false; // the page's own affair
      barred ??= deaths();
      const now = host.epoch();
      const died = barred.filter(
        (death) =>
          death.model === model &&
          death.variant === variant &&
          (backend ? family(death.backend) === family(backend) : death.natural),
      );
      return died.length >= times && now - Math.max(...died.map(({ at }) => at)) < BARRED_MS;
    },
    _hasBarred: (model) => {
      barred ??= deaths();
      return barred.some((death) => death.model === model);
    },
  };
}

/** What the life is likely to have died of: what was about to happen, or else what it predicted with. */
function culprits(crumb: Crumb | undefined): Step[] {
  const steps = (Array.isArray(crumb?.steps) ? crumb.steps : []).filter(isStep).slice(0, MOST_STEPS);
  const risky = steps.filter(({ phase }) => phase !== 'predict');
  return risky.length ? risky : steps;
}

/** What is kept may be spoilt, or another version's. */
const isBackend = (backend: unknown): boolean => typeof backend === 'string' && BACKENDS.test(backend);

function isStep(step: Step | null): step is Step {
  const { model, variant, backend, phase } = step ?? ({} as Partial<Step>);
  return (
    NAME.test(`${model}`) &&
    (variant === undefined || NAME.test(`${variant}`)) &&
    isBackend(backend) &&
    PHASES.test(`${phase}`)
  );
}
