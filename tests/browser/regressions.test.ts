/** A release on a slower backend: real predictions in a browser, through the real wire, to the finding of the job. */

import { afterAll, beforeAll, it } from 'vitest';
import { type BundledPages, serveBundled } from './bundled_pages.js';
import { type Collector, startCollector } from './collector.js';
import { browser, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const VISITS = 24; // of each of three releases
const PAGE_MS = 120_000;

interface Finding {
  kind: string;
  state: string;
  summary: string;
  cohort: { release: string; model: string };
  evidence: { ratio: number; axis: string; before: string; versions_before: number };
}

let pages: BundledPages;

beforeAll(async () => {
  pages = await serveBundled(world, 'slowed');
});
afterAll(() => pages?.remove());

/** What the job finds after these visits, with a collector of its own. */
async function findingsOf(slowed: string): Promise<Finding[]> {
  const collector: Collector = await startCollector({
    INFERFLEET_APPS: JSON.stringify({ lab: { keys: ['lab-key'], origins: [world.origin] } }),
  });
  // A visitor's browser: those that a program drives do not vote.
  const visitors = await browser.newContext({
    userAgent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  });
  try {
    await visitors.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false }),
    );
    const page = await visitors.newPage();
    await page.goto(`${world.origin}/app?collector=${collector.url}&visits=${VISITS}&slowed=${slowed}`);
    await page.evaluate(() => window.done);
    const told = JSON.parse(await collector.command('regressions', '--json')) as { findings: Finding[] };
    return told.findings;
  } finally {
    await visitors.close();
    await collector.close();
  }
}

it.concurrent('finds the release whose backend is slower, and tells it once', { timeout: PAGE_MS }, async ({
  expect,
}) => {
  const [finding, ...more] = await findingsOf('1.2.0');
  expect(more).toEqual([]);
  expect(finding).toMatchObject({
    kind: 'latency_regression',
    state: 'open',
    cohort: { release: '1.2.0' },
    evidence: { axis: 'release', before: expect.stringMatching(/^1\.[01]\.0$/), versions_before: 2 },
  });
  expect(finding?.evidence.ratio).toBeGreaterThan(2);
  expect(finding?.evidence.ratio).toBeLessThan(6);
});

it.concurrent('finds nothing where three releases do the same', { timeout: PAGE_MS }, async ({ expect }) => {
  expect(await findingsOf('none')).toEqual([]);
});
