/** Every API of the browser that the SDK touches goes wrong in turn, and the page must not notice. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.js';
import { buildBench, openBench, signPlan } from './fault_bench.js';
import { startWorld, type World } from './server.js';

const HERE = import.meta.dirname;
const SCRIPT = readFileSync(join(HERE, '../../client_sdk_js/dist/inferfleet.global.js'), 'utf8').replace(
  /\/\/#.*/,
  '',
);

let world: World;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

/** The language itself: a page in which a `Map` or a promise lies is beyond help, ours and its own alike. */
const LANGUAGE =
  /^(new )?(Array|Map|Number|Object|Promise|Set|String|Uint8Array|WeakMap|WeakSet|encodeURIComponent)\b/;
/** To look into one: `ONLY=later/gzip npm run faults -w tests/browser`. */
const { ONLY = '' } = process.env;
const AT_ONCE = 40; // lives mostly wait

it('keeps every fault of the browser from the page: thrown, hanging or rubbish', {
  timeout: 1_800_000,
}, async () => {
  const options = { configBudgetMs: 100_000, configPublicKey: await signPlan(world) };
  const page = await openBench(browser, world, await buildBench());
  await page.evaluate(() => window.bench.tf.setBackend('cpu'));
  const recorded = await page.evaluate(([script, options]) => window.bench.record(script, options), [
    SCRIPT,
    options,
  ] as const);
  // Without a fault the page sees what it would see without us.
  expect(recorded.errors).toEqual([]);
  expect(recorded.notes).toEqual(recorded.expected);
  expect(world.reports.length).toBeGreaterThan(0);
  const sites = recorded.sites.filter(({ path }) => !LANGUAGE.test(path));
  for (const api of ['fetch()', 'crypto.subtle.verify()', 'indexedDB.open()', 'localStorage.getItem()'])
    expect(sites.map(({ path }) => path)).toContain(api);
  const faults = await page.evaluate(
    ([all, only]) =>
      all.filter(({ path }) => path.includes(only)).flatMap((site) => window.bench.faultsOf(site)),
    [sites, ONLY] as const,
  );
  const seen: string[] = [];
  let met = 0;
  const unmet: string[] = [];
  for (let i = 0; i < faults.length; i += AT_ONCE) {
    const outcomes = await page.evaluate(
      ([script, options, sites, some]) => window.bench.inject(script, options, sites, some),
      [SCRIPT, options, recorded.sites, faults.slice(i, i + AT_ONCE)] as const,
    );
    met += outcomes.filter(({ hits }) => hits).length;
    for (const { fault, hits } of outcomes) if (!hits) unmet.push(fault.split(':')[0] as string);
    for (const { fault, differences } of outcomes)
      if (differences.length) seen.push(`${fault}\n   ${differences.join('\n   ')}`);
  }
  console.log(`${faults.length} faults of ${sites.length} browser APIs, ${met} of them met by the SDK`);
  console.log(`never met: ${[...new Set(unmet)].join(', ')}`);
  expect(seen).toEqual([]);
  // What is asked once a month, or in a worker, is not met in every life.
  expect(met / faults.length).toBeGreaterThan(0.8);
});
