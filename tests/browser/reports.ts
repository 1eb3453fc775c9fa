/** Reads what a page sent, after holding each report against the contract's JSON Schema. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Histogram, Report } from '../../client_sdk_js/src/generated/report.js';
import type { World } from './server.js';

const schema = JSON.parse(
  readFileSync(new URL('../../collector/contract/schema/report.schema.json', import.meta.url), 'utf8'),
);
const fits = new Ajv2020({ strict: false }).compile<Report>(schema);

type Lists = Required<Pick<Report, 'windows' | 'loads' | 'incidents' | 'exposures' | 'stages' | 'races'>>;

/** The reports so far. Throws when one does not fit the contract. */
export function reportsOf(world: World): Report[] {
  return world.reports.map(({ report }) => {
    if (!fits(report))
      throw new Error(`outside the contract: ${JSON.stringify(fits.errors)}\n${JSON.stringify(report)}`);
    return report;
  });
}

/** All items of one list, over the reports so far. */
export const itemsOf = <L extends keyof Lists>(world: World, list: L): Lists[L][number][] =>
  reportsOf(world).flatMap((report): Lists[L][number][] => (report as Lists)[list] ?? []);

/** Absolute values out of a list whose entries after the first are differences. */
export const absolute = (differences: readonly number[]): number[] => {
  const values: number[] = [];
  for (const each of differences) values.push((values.at(-1) ?? 0) + each);
  return values;
};

/** Counts by bucket, of a histogram as the SDK sends it: the first bucket, and counts with -n for n empty ones. */
export function bucketsOf({ buckets, counts }: Histogram): [bucket: number, count: number][] {
  let bucket = buckets[0] ?? 0;
  return counts.flatMap((count): [number, number][] => {
    if (count >= 0) return [[bucket++, count]];
    bucket -= count;
    return [];
  });
}

/** How many durations a histogram counts. */
export const totalOf = (histogram: Histogram): number =>
  bucketsOf(histogram).reduce((sum, [, count]) => sum + count, 0);

/** The geometric mean bucket of a histogram: enough to say which of two is slower. */
export const meanBucket = (histogram: Histogram): number =>
  bucketsOf(histogram).reduce((sum, [bucket, count]) => sum + bucket * count, 0) / totalOf(histogram);

/** What a bucket stands for, in milliseconds. */
export const millisecondsOf = (bucket: number): number => 1.04 ** (bucket + 0.5);

/** Waits until `seen` holds; throws after ten seconds, or as many as are given. */
export async function until(what: string, seen: () => boolean, seconds = 10): Promise<void> {
  for (let i = 0; i < 20 * seconds; i++) {
    if (seen()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not seen within ${seconds} s: ${what}`);
}
