/** In which order a model is tried: the chosen arm, its fallbacks, and at last what the page would do anyway. */

import type { WasmSettings } from '../core/adapter.js';
import type { LoadOptions, MonitorOptions, Override } from '../core/options.js';
import type { ArmSource, Backend } from '../generated/report.js';
import { mayLoad } from './origins.js';
import { drawArm } from './plan.js';
import type { Planned } from './remote_config.js';

export const ORIGINAL = 'original'; // not imported: a file shared with the core would be one more to fetch

export interface Attempt {
  /** undefined: whatever the library picks. */
  backend: Backend | undefined;
  variant: string;
  url: string;
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
  const { override, planned, limits, steered, wasm } = choice;
  // Without a prototype, and so below: a plan may name a variant `constructor`.
  const variants: Record<string, string> = Object.assign(
    Object.create(null),
    choice.variants ?? { [ORIGINAL]: choice.url ?? '' },
  );
  const ownVariant = Object.keys(variants)[0] ?? ORIGINAL;
  const base = { variant: ownVariant, url: variants[ownVariant] ?? '', probability: 1, own: true };
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

  const models = planned?.document.models ?? {};
  const plan = Object.hasOwn(models, model) ? models[model] : undefined;
  if (!planned || !plan) return [natural];
  // The library has one backend for the whole page: a second model draws among the arms that share it.
  const arms = steered ? plan.arms.filter((arm) => steered.startsWith(arm.backend)) : plan.arms;
  const share = arms.reduce((sum, arm) => sum + arm.probability, 0);
  const arm = drawArm({ arms: arms.map((a) => ({ ...a, probability: a.probability / share })) }, choice.at);
  if (!arm || !(share > 0)) return [natural];
  const variant = arm.variant ?? ORIGINAL;
  const url = arm.url ?? variants[variant];
  if (url === undefined || !mayUse(arm.backend, limits) || !mayLoad(arm.url, limits)) return [natural];
  const { source } = planned;
  const own = url === base.url;
  const drawn: Attempt = {
    backend: arm.backend,
    variant,
    url,
    source,
    probability: Math.min(1, arm.probability),
    own,
    wasm,
  };
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

const mayUse = (backend: Backend, { backends }: Choice['limits']): boolean =>
  backend !== 'other' && (!backends || backends.includes(backend));
