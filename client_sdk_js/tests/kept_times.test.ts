import { describe, expect, it } from 'vitest';

import type { Report } from '../src/generated/report.js';
import { ageOfKept } from '../src/later/kept_times.js';

const NOW = Date.UTC(2026, 10, 29);

function keptAt(at: number): { report: Report; at: number } {
  const report = {
    sent_at: at,
    windows: [{ started_at: at - 9_000 }],
    incidents: [{ at: at - 1_000 }],
    dropped: {},
  };
  return { report: report as unknown as Report, at };
}

describe('times of a report that an earlier visit kept', () => {
  it.each([
    ['before 2026', Date.UTC(1970, 0, 2)],
    ['three days ahead', NOW + 3 * 86_400_000],
  ])('move together to now when its clock was %s', (_, at) => {
    const kept = keptAt(at);
    expect(ageOfKept(kept, NOW)).toBe(0);
    expect(kept).toEqual(keptAt(NOW));
  });

  it.each([
    ['a moment ago', NOW - 1_000],
    ['yesterday', NOW - 86_400_000],
    ['a little ahead, as clocks drift', NOW + 1_000],
  ])('stay when it was kept %s', (_, at) => {
    const kept = keptAt(at);
    expect(ageOfKept(kept, NOW)).toBe(Math.abs(NOW - at));
    expect(kept).toEqual(keptAt(at));
  });
});
