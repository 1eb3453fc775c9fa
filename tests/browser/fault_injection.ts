/** Every API of the browser that the SDK touches goes wrong in turn, and the page must not notice. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildBench, injectAll, openBench, signPlan } from './fault_bench.js';
import { browser, useWorldAndBrowser, world } from './world_and_browser.js';

const HERE = import.meta.dirname;
const SCRIPT = readFileSync(join(HERE, '../../client_sdk_js/dist/inferfleet.global.js'), 'utf8').replace(
  /\/\/#.*/,
  '',
);

useWorldAndBrowser();

/** The language itself: a page in which a `Map` or a promise lies is beyond help, ours and its own alike. */
const LANGUAGE =
  /^(new )?(Array|Map|Number|Object|Promise|Set|String|Uint8Array|WeakMap|WeakSet|encodeURIComponent)\b/;

it('keeps every fault of the browser from the page: thrown, hanging or rubbish', {
  timeout: 1_800_000,
}, async () => {
  const options = { configBudgetMs: 100_000, configPublicKey: await signPlan(world) };
  const bench = await buildBench();
  const open = () => openBench(browser, world, bench);
  const page = await open();
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
  await page.context().close();
  const { faults, met, unmet, seen } = await injectAll(open, SCRIPT, options, recorded.sites, sites);
  console.log(
    `${faults} faults of ${sites.length} browser APIs, ${met} met; not always: ${unmet.join(', ')}`,
  );
  expect(seen).toEqual([]);
  // What is asked once a month, or in a worker, is not met in every life.
  expect(met / faults).toBeGreaterThan(0.8);
});
