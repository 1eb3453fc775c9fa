/** Holds a model's answer to the page's reference input against the reference output that the plan has. */

import type { Host } from '../core/host.js';
import type { Canary } from '../generated/config.js';
import { Late, within } from './time_limit.js';

/** `error`: the canary itself threw, which a backend without a kernel for this model does. */
export type Verdict = 'right' | 'wrong_output' | 'hang' | { error: unknown };

/**
 * Runs the canary. Never rejects.
 *
 * @param hangMs after how long an answer that does not come is a hang.
 */
export async function runCanary(
  host: Host,
  run: () => ArrayLike<number> | PromiseLike<ArrayLike<number>>,
  reference: Canary,
  hangMs = 30_000,
): Promise<Verdict> {
  try {
    return agrees(await within(host, hangMs, run()), reference) ? 'right' : 'wrong_output';
  } catch (error) {
    return error instanceof Late ? 'hang' : { error };
  }
}

/** Whether there are as many values as in the reference, each within the tolerance of its own; a NaN never is. */
export function agrees(values: ArrayLike<number>, { values: reference, tolerance }: Canary): boolean {
  if (values?.length !== reference.length) return false;
  return reference.every((wanted, i) => Math.abs((values[i] as number) - wanted) <= tolerance);
}
