/** Every call from one file of the SDK to another goes wrong in turn, and the page must not notice. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.js';
import { buildBench, openBench, signPlan } from './fault_bench.js';
import { buildWatched } from './faulty_modules.js';
import { startWorld, type World } from './server.js';

let world: World;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

/** To look into one: `ONLY=later/gzip npm run faults -w tests/browser`. */
const { ONLY = '' } = process.env;
const AT_ONCE = 40; // lives mostly wait

it('keeps every fault of its own from the page: thrown, hanging or rubbish', {
  timeout: 1_800_000,
}, async () => {
  const { script } = await buildWatched();
  const options = { configBudgetMs: 100_000, configPublicKey: await signPlan(world) };
  const page: Page = await openBench(browser, world, await buildBench());
  await page.evaluate(() => window.bench.tf.setBackend('cpu'));
  const recorded = await page.evaluate(([script, options]) => window.bench.record(script, options), [
    script,
    options,
  ] as const);
  expect(recorded.errors).toEqual([]);
  expect(recorded.notes).toEqual(recorded.expected);
  const inner = recorded.sites.filter(
    ({ path, how }) => how === 'call' && /^(adapter|observer|page|\w+\/)/.test(path),
  );
  const faults = await page.evaluate(
    ([all, only]) =>
      all.filter(({ path }) => path.includes(only)).flatMap((site) => window.bench.faultsOf(site)),
    [inner, ONLY] as const,
  );
  const seen: string[] = [];
  let met = 0;
  const unmet: string[] = [];
  for (let i = 0; i < faults.length; i += AT_ONCE) {
    const outcomes = await page.evaluate(
      ([script, options, sites, some]) => window.bench.inject(script, options, sites, some),
      [script, options, recorded.sites, faults.slice(i, i + AT_ONCE)] as const,
    );
    met += outcomes.filter(({ hits }) => hits).length;
    for (const { fault, hits } of outcomes) if (!hits) unmet.push(fault.split(':')[0] as string);
    for (const { fault, differences } of outcomes)
      if (differences.length) seen.push(`${fault}\n   ${differences.join('\n   ')}`);
  }
  console.log(`${faults.length} faults of ${inner.length} internal calls, ${met} of them met`);
  console.log(`never met: ${[...new Set(unmet)].join(', ')}`);
  expect(seen).toEqual([]);
});
