/** Which values of a model's outputs are compared: as collector/variants/canary/picks.py picks them. */

import { noise } from './numbers.js';

export const VALUES = 32;

/** An output's data, as the libraries give it. */
export type Output = ArrayLike<number | bigint | boolean>;

/**
 * At most so many values out of all outputs, in the model's order of outputs: all of an output that is small, else one
 * from each of equal parts, at a place that varies, so that not one column of a table is taken each time.
 */
export function referenceValues(outputs: readonly Output[], most = VALUES): number[] {
  const share = Math.max(1, Math.floor(most / Math.max(1, outputs.length)));
  const picked: number[] = [];
  for (const output of outputs) {
    const size = output.length;
    const count = Math.min(size, share, most - picked.length);
    for (let i = 0; i < count; i++) {
      const from = Math.floor((i * size) / count);
      const to = Math.floor(((i + 1) * size) / count);
      picked.push(Number(output[from + Math.floor(noise(i) * (to - from))]));
    }
  }
  return picked;
}
