/**
 * The log histogram of the wire, the same arithmetic as `collector/contract/histogram.py`: bucket `i` counts
 * durations in `[1.04^i, 1.04^(i+1))` ms and stands for their geometric middle, so every quantile of every
 * merge is within 2 % of a true sample. `tests/vectors/histogram.json` holds both sides together.
 */

import type { Histogram as WireHistogram } from '../generated/report.js';

const INVERSE_LOG_RATIO = 1 / Math.log(1.04);
const MIN_BUCKET = -177; // just under a microsecond; shorter durations (and 0) count here
const MAX_BUCKET = 385; // an hour; longer durations count here

/** Counts by bucket index. */
export type Histogram = Map<number, number>;

/** The bucket that counts a duration in milliseconds. */
export const bucketOf = (ms: number): number =>
  ms > 0
    ? Math.max(MIN_BUCKET, Math.min(MAX_BUCKET, Math.floor(Math.log(ms) * INVERSE_LOG_RATIO)))
    : MIN_BUCKET;

/** Counts one duration in milliseconds. */
export function record(histogram: Histogram, ms: number): void {
  const bucket = bucketOf(ms);
  histogram.set(bucket, (histogram.get(bucket) || 0) + 1);
}

/** The wire form: the first bucket, and the counts from there on, -n for n empty buckets; undefined when empty. */
export function encode(histogram: Histogram): WireHistogram | undefined {
  const entries = [...histogram].sort((a, b) => a[0] - b[0]);
  let next = entries[0]?.[0] ?? 0;
  return (
    entries[0] && {
      buckets: [next],
      counts: entries.flatMap(([bucket, count]) => {
        const gap = next - bucket;
        next = bucket + 1;
        return gap ? [gap, count] : count;
      }),
    }
  );
}
