/** Quantiles of a log histogram, for a live display. */

import type { Histogram } from '../core/histogram.js';
import type { Quantiles } from '../core/snapshot.js';

/** The duration in milliseconds that a bucket stands for: the middle of what `core/histogram.ts` puts there. */
export const middleOf = (bucket: number): number => Math.exp((bucket + 0.5) * Math.log(1.04));

/** The value in milliseconds at or below which a share `q` of the counts lies; undefined when empty. */
export function quantile(histogram: Histogram, q: number): number | undefined {
  const entries = [...histogram].sort((a, b) => a[0] - b[0]);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [bucket, count] of entries) {
    seen += count;
    if (seen >= rank) return middleOf(bucket);
  }
  return undefined;
}

/** The two quantiles that a live display shows, in milliseconds. */
export const quantiles = (histogram: Histogram): Quantiles => ({
  p50: quantile(histogram, 0.5),
  p95: quantile(histogram, 0.95),
});
