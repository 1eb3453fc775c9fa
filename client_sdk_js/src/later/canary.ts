/** Holds a model's answer to the page's reference input against the reference output that the plan has. */

import type { Backends } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { CanaryRun } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { Canary, CanaryReference } from '../generated/config.js';
import { planFor } from './attempts.js';
import type { Planned } from './remote_config.js';
import { Late, within } from './time_limit.js';

/** The right answer, with one tolerance for all values or one for each. */
export type Reference = Canary | CanaryReference;

/** `error`: the canary itself threw, which a backend without a kernel for this model does. */
export type Verdict = 'right' | 'wrong_output' | 'hang' | 'not_run' | { error: unknown };

const LOOK_MS = 50;
const LOOKS = 6_000; // five minutes: a page that never pauses is left alone

/**
 * The right answer of a variant: the plan's own, or that of the recorded canary which the page names. Undefined when
 * nobody knows it.
 */
export function referenceOf(
  model: string,
  variant: string,
  planned: Planned | undefined,
  run: Pick<CanaryRun<never>, 'id'> | undefined,
): Reference | undefined {
  const recorded = planned?.document.canaries?.[model];
  return (
    planFor(model, planned)?.canary ??
    (recorded && recorded.id === run?.id
      ? recorded.references.find(({ variants }) => variants.includes(variant))
      : undefined)
  );
}

/**
 * Waits until the page leaves its runtime alone, then runs a check which nothing of the page overlaps. `not_run` when
 * that never comes.
 *
 * @param model the one whose own runs are no traffic: the page does not have it yet.
 */
export async function runAlone<T>(
  host: Host,
  { inUse, alone }: { [of in 'inUse' | 'alone']?: Backends[of] | undefined },
  check: () => Promise<T>,
  model: () => object | undefined = () => undefined,
): Promise<T | 'not_run'> {
  for (let looks = 0; inUse?.(model()); looks++) {
    if (looks === LOOKS) return 'not_run';
    await new Promise((resolve) => host.after(LOOK_MS, () => resolve(undefined)));
  }
  return alone ? alone(check) : check();
}

/**
 * Runs the canary. Never rejects.
 *
 * @param hangMs after how long an answer that does not come is a hang; of a page that nobody sees it says nothing.
 */
export async function runCanary(
  { host, _unseen: unseen }: Pick<Page, 'host' | '_unseen'>,
  run: () => ReturnType<CanaryRun<never>>,
  reference: Reference,
  hangMs = 30_000,
): Promise<Verdict> {
  const began = host.now();
  try {
    const values = await within(host, hangMs, run());
    if (values === null) return 'not_run';
    return agrees(values, reference) ? 'right' : 'wrong_output';
  } catch (error) {
    if (!(error instanceof Late)) return { error };
    return unseen(began) ? 'not_run' : 'hang';
  }
}

/** Whether there are as many values as in the reference, each within the tolerance of its own; a NaN never is. */
export function agrees(values: ArrayLike<number>, { values: reference, ...right }: Reference): boolean {
  if (values?.length !== reference.length) return false;
  const within = (i: number) => ('tolerance' in right ? right.tolerance : (right.tolerances[i] ?? 0));
  return reference.every((wanted, i) => Math.abs((values[i] as number) - wanted) <= within(i));
}
