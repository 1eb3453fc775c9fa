/** What a log histogram says of its durations, for a live display. */

import type { Histogram } from '../core/histogram.js';
import type { Durations } from '../core/snapshot.js';

const RATIO = 1.04; // as in core/histogram.ts

type Entry = [bucket: number, count: number];

/** The duration in milliseconds that a bucket stands for: the middle of what `core/histogram.ts` puts there. */
export const middleOf = (bucket: number): number => RATIO ** (bucket + 0.5);

/** The value in milliseconds at or below which a share `q` of the counts lies; undefined when empty. */
export function quantile(histogram: Histogram, q: number): number | undefined {
  return ranked(ascending(histogram), q);
}

/** Quantiles, and the buckets by their edges in milliseconds. */
export function durations(histogram: Histogram): Durations {
  const entries = ascending(histogram);
  return {
    count: total(entries),
    p50: ranked(entries, 0.5),
    p95: ranked(entries, 0.95),
    p99: ranked(entries, 0.99),
    buckets: entries.map(([bucket, count]) => ({
      from_ms: RATIO ** bucket,
      to_ms: RATIO ** (bucket + 1),
      count,
    })),
  };
}

const ascending = (histogram: Histogram): Entry[] => [...histogram].sort((a, b) => a[0] - b[0]);

const total = (entries: Entry[]): number => entries.reduce((sum, [, count]) => sum + count, 0);

function ranked(entries: Entry[], q: number): number | undefined {
  const rank = Math.max(1, Math.ceil(q * total(entries)));
  let seen = 0;
  for (const [bucket, count] of entries) {
    seen += count;
    if (seen >= rank) return middleOf(bucket);
  }
  return undefined;
}
