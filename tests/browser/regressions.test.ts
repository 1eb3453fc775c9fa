/** A release on a slower backend: real predictions in a browser, through the real wire, to the finding of the job. */

import { afterAll, beforeAll, it } from 'vitest';
import { type BundledPages, serveBundled } from './bundled_pages.js';
import { type Collector, startCollector } from './collector.js';
import { browser, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const VISITS = 24; // of each of three releases
const PAGE_MS = 180_000;

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

/** By release, each visit's median of what a prediction took, by the page's own clock. */
type Took = Record<string, number[]>;

/** What the job finds after these visits, with a collector of its own; and how long predictions took. */
async function findingsOf(what: {
  slowed?: string;
  busy?: string;
}): Promise<{ findings: Finding[]; took: Took }> {
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
    await page.goto(
      `${world.origin}/app?collector=${collector.url}&visits=${VISITS}&${new URLSearchParams(what)}`,
    );
    const took = (await page.evaluate(() => window.done)) as Took;
    const told = JSON.parse(await collector.command('regressions', '--json')) as { findings: Finding[] };
    return { findings: told.findings, took };
  } finally {
    await visitors.close();
    await collector.close();
  }
}

/** The geometric mean: a few visits that something else held up do not decide it. */
function typical(times: number[] = []): number {
  return Math.exp(times.reduce((sum, ms) => sum + Math.log(ms), 0) / times.length);
}

it.concurrent('finds the release whose backend is slower, and tells it once', { timeout: PAGE_MS }, async ({
  expect,
}) => {
  const { findings, took } = await findingsOf({ slowed: '1.2.0' });
  const [finding, ...more] = findings;
  expect(more).toEqual([]);
  expect(finding).toMatchObject({
    kind: 'latency_regression',
    state: 'open',
    cohort: { release: '1.2.0' },
    evidence: { axis: 'release', before: expect.stringMatching(/^1\.[01]\.0$/), versions_before: 2 },
  });
  const { ratio = 0 } = finding?.evidence ?? {};
  expect(ratio).toBeGreaterThan(2);
  const measured = typical(took['1.2.0']) / typical([...(took['1.0.0'] ?? []), ...(took['1.1.0'] ?? [])]);
  expect(Math.abs(Math.log(ratio / measured)), `${ratio} told, ${measured} measured`).toBeLessThan(0.2);
});

it.concurrent('finds the release that draws longer, though it predicts as fast', {
  timeout: PAGE_MS,
}, async ({ expect }) => {
  const { findings } = await findingsOf({ busy: '1.2.0' });
  const [finding, ...more] = findings;
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ kind: 'frame_rate_regression', cohort: { release: '1.2.0' } });
  expect(finding?.evidence.ratio).toBeGreaterThan(1.5);
  expect(finding?.evidence.ratio).toBeLessThan(4);
});

it.concurrent('finds nothing where three releases do the same', { timeout: PAGE_MS }, async ({ expect }) => {
  expect((await findingsOf({})).findings).toEqual([]);
});
