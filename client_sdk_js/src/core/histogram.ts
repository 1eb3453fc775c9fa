/**
 * The log histogram of the wire, the same arithmetic as `collector/contract/histogram.py`: bucket `i` counts
 * durations in `[1.04^i, 1.04^(i+1))` ms and stands for their geometric middle, so every quantile of every
 * merge is within 2 % of a true sample. `tests/vectors/histogram.json` holds both sides together.
 */

import type { Histogram as WireHistogram } from '../generated/report.js';

const LOG_RATIO = Math.log(1.04);
const INVERSE_LOG_RATIO = 1 / LOG_RATIO;
const MIN_BUCKET = -177; // just under a microsecond; shorter durations (and 0) count here
const MAX_BUCKET = 385; // an hour; longer durations count here

/** Counts by bucket index. */
export type Histogram = Map<number, number>;

/** The bucket that counts a duration in milliseconds. */
export function bucketOf(ms: number): number {
  if (!(ms > 0)) return MIN_BUCKET;
  return Math.max(MIN_BUCKET, Math.min(MAX_BUCKET, Math.floor(Math.log(ms) * INVERSE_LOG_RATIO)));
}

/** The duration in milliseconds that a bucket stands for. */
export const middleOf = (bucket: number): number => Math.exp((bucket + 0.5) * LOG_RATIO);

/** Counts one duration in milliseconds. */
export function record(histogram: Histogram, ms: number): void {
  const bucket = bucketOf(ms);
  histogram.set(bucket, (histogram.get(bucket) || 0) + 1);
}

/** Adds histograms bucket by bucket: exact, commutative and associative. */
export function merge(...histograms: Histogram[]): Histogram {
  const total: Histogram = new Map();
  for (const histogram of histograms) {
    for (const [bucket, count] of histogram) total.set(bucket, (total.get(bucket) || 0) + count);
  }
  return total;
}

const ascending = (histogram: Histogram) => [...histogram].sort((a, b) => a[0] - b[0]);

/** The value in milliseconds at or below which a share `q` of the counts lies; undefined when empty. */
export function quantile(histogram: Histogram, q: number): number | undefined {
  const entries = ascending(histogram);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [bucket, count] of entries) {
    seen += count;
    if (seen >= rank) return middleOf(bucket);
  }
  return undefined;
}

/** The wire form: the first bucket, then the gap to each next one, beside the counts; undefined when empty. */
export function encode(histogram: Histogram): WireHistogram | undefined {
  if (!histogram.size) return undefined;
  const entries = ascending(histogram);
  return {
    buckets: entries.map(([bucket], i) => bucket - (entries[i - 1]?.[0] ?? 0)),
    counts: entries.map(([, count]) => count),
  };
}
