/** Times of reports that an earlier visit kept while the device's clock was wrong. */

import type { Report } from '../generated/report.js';

const EARLIEST_MS = Date.UTC(2026, 0); // no report can be older
const AHEAD_MS = 60_000; // clocks drift a little between visits

/**
 * Moves all times of a kept report to now when its clock was visibly wrong: before 2026, or in the future. Within one
 * visit the distances between times are right, so they move together.
 *
 * @returns how long ago it was kept, in milliseconds.
 */
export function ageOfKept(kept: { report: Report; at: number }, now: number): number {
  // A clock that is set back a little makes an age below 0.
  if (!(kept.at < EARLIEST_MS || kept.at > now + AHEAD_MS)) return Math.abs(now - kept.at);
  const by = now - kept.at;
  const lists = Object.values(kept.report).filter(Array.isArray) as Partial<
    Record<'at' | 'started_at', number>
  >[][];
  for (const item of lists.flat())
    for (const name of ['at', 'started_at'] as const) if (item[name] !== undefined) item[name] += by;
  kept.report.sent_at += by;
  kept.at = now;
  return 0;
}
