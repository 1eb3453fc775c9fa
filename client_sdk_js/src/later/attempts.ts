/** In which order a model is tried: the chosen arm, its fallbacks, and at last what the page would do anyway. */

import type { WasmSettings } from '../core/adapter.js';
import type { LoadOptions, MonitorOptions, Override } from '../core/options.js';
import type { ModelPlan, RaceArm } from '../generated/config.js';
import type { ArmSource, Backend } from '../generated/report.js';
import { family } from './backend_names.js';
import { NAME } from './document.js';
import { mayLoad } from './origins.js';
import { drawArm } from './plan.js';
import type { Planned } from './remote_config.js';

export const ORIGINAL = 'original'; // not imported: a file shared with the core would be one more to fetch
const MOST_RACED = 8;

export interface Attempt {
  /** undefined: whatever the library picks. */
  backend: Backend | undefined;
  variant: string;
  url: string;
  /** The hash of what is there, where the plan names it. */
  integrity?: string | undefined;
  source: ArmSource;
  /** Of the arm that was drawn. */
  probability: number;
  /** The page's own variant and URL: when this does not load, the page's own code would have failed too. */
  own: boolean;
  /** What the plan says of the wasm runtime, for backends that it chose. */
  wasm?: WasmSettings | undefined;
}

export interface Choice {
  variants: LoadOptions<object>['variants'];
  url: LoadOptions<object>['url'];
  override: Override | undefined;
  planned: Planned | undefined;
  /** This install's place in [0, 1) for this model. */
  at: number;
  /** A backend that another model of the page was already steered to. */
  steered: Backend | undefined;
  limits: Pick<MonitorOptions, 'backends' | 'modelOrigins'>;
  wasm?: WasmSettings | undefined;
}

/** The attempts for one model, the most wanted first. Never empty. */
export function listAttempts(model: string, choice: Choice): Attempt[] {
  const { override, planned, limits, steered } = choice;
  const { variants, base } = ownOf(choice);
  const ownVariant = base.variant;
  const natural: Attempt = { ...base, backend: undefined, source: 'default' };

  if (override) {
    const variant = override.variant ?? ownVariant;
    const url = variants[variant] ?? base.url;
    const forced: Attempt = {
      ...base,
      backend: override.backend,
      variant: url === base.url ? ownVariant : variant,
      url,
      source: 'override',
      own: url === base.url,
    };
    return [forced, ...rest(forced, [])];
  }

  const plan = planFor(model, planned);
  if (!planned || !plan) return [natural];
  // The library has one backend for the whole page: a second model draws among the arms that share it.
  const arms = steered ? plan.arms.filter((arm) => steered.startsWith(arm.backend)) : plan.arms;
  const share = arms.reduce((sum, arm) => sum + arm.probability, 0);
  const arm = drawArm({ arms: arms.map((a) => ({ ...a, probability: a.probability / share })) }, choice.at);
  if (!arm || !(share > 0)) return [natural];
  const way = wayOf(arm, choice);
  if (!way) return [natural];
  // An arm stands more than once where it takes the place of others that the device cannot run.
  const alike = arms.filter(({ backend, variant }) => backend === arm.backend && variant === arm.variant);
  const drawnShare = alike.reduce((sum, each) => sum + each.probability, 0) / share;
  const drawn: Attempt = { ...way, source: planned.source, probability: Math.min(1, drawnShare) };
  return [drawn, ...rest(drawn, steered ? [] : (plan.fallbacks ?? []).filter((to) => mayUse(to, limits)))];

  function rest(wanted: Attempt, fallbacks: Backend[]): Attempt[] {
    const { probability, wasm } = wanted;
    const fallback = { ...base, source: 'fallback', probability, wasm } as const;
    return [
      ...(wanted.own ? [] : [{ ...fallback, backend: wanted.backend }]),
      ...fallbacks
        .filter((backend) => backend !== wanted.backend)
        .map((backend) => ({ ...fallback, backend })),
      { ...fallback, backend: undefined, wasm: undefined },
    ];
  }
}

/** The ways to run a model that a race, or the winner of an earlier one, may take. */
export interface Racers {
  /** Those to race, in this order. */
  racers: Attempt[];
  /** Those, and all that the plan lets a device run. */
  allowed: Attempt[];
}

/**
 * @param offered what the page can start, where no plan has arms.
 */
export function listRacers(model: string, choice: Choice, offered: readonly Backend[]): Racers {
  const plan = planFor(model, choice.planned);
  const { variant } = ownOf(choice).base;
  const onOwn = (backend: Backend) => ({ backend, variant });
  const arms: RaceArm[] = plan ? [...plan.arms, ...(plan.fallbacks ?? []).map(onOwn)] : offered.map(onOwn);
  const asRacers = (ways: RaceArm[]) =>
    ways
      .map((arm) => wayOf(arm, choice))
      .filter((way) => way !== undefined)
      // A page has one flavour of wasm, and each way to run a model is raced once.
      .filter((way, i, all) => all.findIndex((other) => isSameWay(way, other)) === i)
      .map((way): Attempt => ({ ...way, source: 'race', probability: 1 }));
  const racers = asRacers(plan?.race?.arms ?? arms).slice(0, MOST_RACED);
  return { racers, allowed: [...racers, ...asRacers(arms)] };
}

type Way = Pick<Attempt, 'backend' | 'variant'>;

const isSameWay = (one: Way, other: Way): boolean =>
  one.variant === other.variant && family(one.backend ?? 'other') === family(other.backend ?? 'other');

/** The plan that is gone by for a model, if there is one. */
export function planFor(model: string, planned: Planned | undefined): ModelPlan | undefined {
  const models = planned?.document.models ?? {};
  return Object.hasOwn(models, model) ? models[model] : undefined;
}

/** Where the page's own variants are, and what of an attempt is the page's own choice. */
function ownOf({ variants: given, url = '' }: Choice) {
  // Without a prototype: a plan may name a variant `constructor`.
  const variants: Record<string, string> = Object.assign(Object.create(null), given ?? { [ORIGINAL]: url });
  const variant = Object.keys(variants)[0] ?? ORIGINAL;
  return { variants, base: { variant, url: variants[variant] ?? '', probability: 1, own: true } };
}

/** An arm as an attempt; undefined where the page has no such variant, or does not allow it. */
function wayOf(
  arm: RaceArm,
  choice: Choice,
): Pick<Attempt, 'backend' | 'variant' | 'url' | 'integrity' | 'own' | 'wasm'> | undefined {
  const { variants, base } = ownOf(choice);
  const { limits, wasm } = choice;
  const { backend, variant = ORIGINAL } = arm;
  const url = arm.url ?? variants[variant];
  if (url === undefined || !NAME.test(variant) || !mayUse(backend, limits) || !mayLoad(arm.url, limits))
    return undefined;
  // It is the hash of what the plan's URL holds, not of the page's own.
  const integrity = (arm.url && arm.integrity) || undefined;
  return { backend, variant, url, ...(integrity && { integrity }), own: url === base.url, wasm };
}

const mayUse = (backend: Backend, { backends }: Choice['limits']): boolean =>
  backend !== 'other' && (!backends || backends.includes(backend));
