/**
 * From a line of a page that leaks to that line in `inferfleet explain leak`: real backends, a real collector. All sessions of
 * all pages come first; then one run of the job judges them, as it does in production.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BundledPages, lineOf, serveBundled } from './bundled_pages.js';
import { type Collector, startCollector } from './collector.js';
import { CLEAN_VISIT, type Session, type Visit, visitAll } from './leak_visits.js';
import { browser, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const SESSIONS = 5; // the fewest that a finding rests on
/** Of them, so many are traced: one that is not must count as well. */
const TRACED = 3;
/** A traced session goes on until its trace has ended. */
const PREDICTIONS = 40;
const ALL_MS = 900_000;
const EXPLAIN_MS = 120_000;

const BACKENDS = ['wasm', 'webgl', 'webgpu'];

/** The file that leaks, the function, and what stays. */
const LEAKING = {
  forgetsDispose: {
    file: 'forgets_dispose.ts',
    made: 'preprocess',
    kind: 'tensor_leak',
    stays: /^1 float32\[1,64,64,3\] per prediction \(48\.0 KB each\)/,
  },
  leaksOnErrors: {
    file: 'leaks_on_errors.ts',
    made: 'look',
    kind: 'tensor_leak',
    stays: /^0\.3\d? int32\[64,64,3\] per prediction/,
  },
  keepsTextures: {
    file: 'keeps_textures.ts',
    made: 'Tracker.follow',
    kind: 'tensor_leak',
    stays: /^1 float32\[1,2\] per prediction/,
  },
  loadsAnew: {
    file: 'loads_anew.ts',
    made: 'detect',
    kind: 'load_leak',
    stays: /^3 tensors per load \(\d+\.\d KB in all\): float32\[8,8,3,4\], float32\[64,2\], int32\[2\]/,
  },
  sessionsAgain: {
    file: 'sessions_again.ts',
    made: 'ask',
    kind: 'load_leak',
    stays: /^1 inference session per load/,
  },
};
const CLEAN = ['tidy', 'cached', 'growsThenFlat', 'imageSizes'];

const SEEN: Session[] = BACKENDS.flatMap((backend) =>
  [...Object.keys(LEAKING), ...CLEAN].flatMap((page) =>
    Array.from({ length: SESSIONS }, (_, n) => ({
      page,
      backend,
      traced: n < TRACED,
      predictions: PREDICTIONS,
      release: '1.0.0',
      fixed: false,
    })),
  ),
);

interface Finding {
  finding_id: string;
  kind: string;
  state: string;
  cohort: { model: string; backend: string };
}

let collector: Collector;
let pages: BundledPages;
let visits: Visit[];
let findings: Finding[];

beforeAll(async () => {
  [pages, collector] = await Promise.all([
    serveBundled(world, 'leaks'),
    startCollector({
      INFERFLEET_APPS: JSON.stringify({ lab: { keys: ['lab-key'], origins: [world.origin] } }),
    }),
  ]);
  visits = await visitAll(browser, world.origin, collector.url, SEEN);
  ({ findings } = JSON.parse(await collector.command('leaks', '--json')));
}, ALL_MS);

afterAll(async () => {
  await collector?.close();
  pages?.remove();
});

/** Of one page on one backend, after its sessions were held to be free of errors, and of us. */
function findingsOf(page: string, backend: string): Finding[] {
  const own = visits.filter((_, n) => SEEN[n]?.page === page && SEEN[n]?.backend === backend);
  expect(own).toMatchObject(Array.from({ length: SESSIONS }, () => CLEAN_VISIT));
  return findings.filter(({ cohort }) => cohort.model === page && cohort.backend.startsWith(backend));
}

const leaking = BACKENDS.flatMap((backend) =>
  Object.entries(LEAKING).map(([page, rest]) => ({ page, backend, ...rest })),
);

it.concurrent.each(leaking)(
  'finds $page on $backend, and names its line',
  { timeout: EXPLAIN_MS },
  async (leak) => {
    const { page, backend, file, made, kind, stays } = leak;
    const [finding, ...more] = findingsOf(page, backend);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ kind, state: 'open' });
    const id = finding?.finding_id ?? '';
    const explained = await collector.command('explain', 'leak', id, '--source-maps', pages.folder);
    const lines = explained.split('\n');
    expect(lines).toContain(`${TRACED} sessions traced; something stays and grows in ${TRACED} of them.`);
    const told = lines.filter((line) => /^\d+\. /.test(line));
    const places = lines.filter((line) => line.startsWith('     made '));
    expect(places.length).toBe(told.length);
    expect(places.filter((each) => !each.startsWith(`     made in ${made}() at `))).toEqual([]);
    expect(places.filter((each) => !each.endsWith(`page/leaks/${file}:${lineOf(file)}`))).toEqual([]);
    expect(told[0]?.slice(3)).toMatch(stays);
    expect(explained).not.toContain('not resolved');
  },
);

const clean = BACKENDS.flatMap((backend) => CLEAN.map((page) => ({ page, backend })));

it.each(clean)('says nothing of $page on $backend', ({ page, backend }) => {
  expect(findingsOf(page, backend)).toEqual([]);
});

it('says nothing else', () => {
  expect(findings.length).toBe(leaking.length);
});
