/** Holds a model's answer to the page's reference input against the reference output that the plan has. */

import type { Backends } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { Page } from '../core/page.js';
import type { Canary } from '../generated/config.js';
import { Late, within } from './time_limit.js';

/** `error`: the canary itself threw, which a backend without a kernel for this model does. */
export type Verdict = 'right' | 'wrong_output' | 'hang' | 'not_run' | { error: unknown };

const LOOK_MS = 50;
const LOOKS = 6_000; // five minutes: a page that never pauses is left alone

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
  run: () => ArrayLike<number> | PromiseLike<ArrayLike<number>>,
  reference: Canary,
  hangMs = 30_000,
): Promise<Verdict> {
  const began = host.now();
  try {
    return agrees(await within(host, hangMs, run()), reference) ? 'right' : 'wrong_output';
  } catch (error) {
    if (!(error instanceof Late)) return { error };
    return unseen(began) ? 'not_run' : 'hang';
  }
}

/** Whether there are as many values as in the reference, each within the tolerance of its own; a NaN never is. */
export function agrees(values: ArrayLike<number>, { values: reference, tolerance }: Canary): boolean {
  if (values?.length !== reference.length) return false;
  return reference.every((wanted, i) => Math.abs((values[i] as number) - wanted) <= tolerance);
}
