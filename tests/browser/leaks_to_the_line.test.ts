/** From a line of a page that leaks to that line in `inferfleet explain leak`: real models, real backends, a real collector. */

import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Alert, type Alertmanager, startAlertmanager } from './alertmanager.js';
import { type BundledPages, lineOf, serveBundled } from './bundled_pages.js';
import { type Collector, startCollector } from './collector.js';
import { browser, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const SESSIONS = 5; // the fewest that a finding rests on
const FIXED_SESSIONS = 8; // of the newest sessions of both releases six in ten and more
const PREDICTIONS = 90;
/** Of sessions that are not traced: a prediction on a software GPU takes a quarter of a second. */
const FEWER_PREDICTIONS = 40;
/** All of them take half an hour, most of it on software GPUs: with this set they run. */
const EVERYWHERE = !!process.env.INFERFLEET_TEST_EVERYWHERE;

const BACKENDS = ['wasm', 'webgl', 'webgpu'];
const on = (...backends: string[]) => (EVERYWHERE ? BACKENDS : backends);
const PAGE_MS = 600_000;

/** Each on what it runs; the file that leaks, its mark, the function, and what stays. */
const LEAKING: Record<string, { on: string[]; file: string; made: string; kind: string; stays: RegExp }> = {
  forgetsDispose: {
    on: on('wasm'),
    file: 'forgets_dispose.ts',
    made: 'preprocess',
    kind: 'tensor_leak',
    stays: /^1 float32\[1,64,64,3\] per prediction \(48\.0 KB each\)/,
  },
  leaksOnErrors: {
    on: on(),
    file: 'leaks_on_errors.ts',
    made: 'look',
    kind: 'tensor_leak',
    stays: /^0\.3\d? int32\[64,64,3\] per prediction/,
  },
  keepsTextures: {
    on: on(),
    file: 'keeps_textures.ts',
    made: 'Tracker.follow',
    kind: 'tensor_leak',
    stays: /^1 float32\[1,2\] per prediction/,
  },
  loadsAnew: {
    on: on('wasm'),
    file: 'loads_anew.ts',
    made: 'detect',
    kind: 'load_leak',
    stays: /^2\d tensors per load \(\d+\.\d KB in all\): float32\[2048,64\], .* and \d+ other shapes/,
  },
  sessionsAgain: {
    on: EVERYWHERE ? ['wasm', 'webgpu'] : ['wasm'],
    file: 'sessions_again.ts',
    made: 'ask',
    kind: 'load_leak',
    stays: /^1 inference session per load/,
  },
};
const CLEAN: Record<string, string[]> = {
  tidy: on('wasm'),
  cached: on(),
  growsThenFlat: on('wasm'),
  imageSizes: on(),
};

/** Of the sessions of a page, so many are traced: all where a prediction takes no time. */
const tracedOf = (name: string, backend: string) =>
  backend === 'wasm' && name !== 'sessionsAgain' ? SESSIONS : 1;

interface Outcome {
  hooked: string[];
  stackTraceLimit: number;
  reports: { queued: number; dropped: number };
}

interface Finding {
  finding_id: string;
  kind: string;
  state: string;
  summary: string;
  cohort: { model: string; backend: string };
}

let collector: Collector;
let alertmanager: Alertmanager;
let pages: BundledPages;
let visitors: BrowserContext;

beforeAll(async () => {
  [pages, alertmanager, visitors] = await Promise.all([
    serveBundled(world, 'leaks'),
    startAlertmanager(),
    browser.newContext(),
  ]);
  collector = await startCollector({
    INFERFLEET_APPS: JSON.stringify({ lab: { keys: ['lab-key'], origins: [world.origin] } }),
    INFERFLEET_ALERTS__ALERTMANAGER_URL: alertmanager.url,
    INFERFLEET_ALERTS__FLEET_PAGE_URL: 'https://fleet.example',
    INFERFLEET_ALERTS__RUNBOOK_BASE_URL: 'https://docs.example/runbooks',
  });
}, 300_000);

afterAll(async () => {
  await visitors?.close();
  await collector?.close();
  await alertmanager?.close();
  pages?.remove();
});

/** One session: the page says what was left behind of us. */
async function visit(name: string, backend: string, traced: boolean, fixed = ''): Promise<void> {
  const page = await visitors.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const predictions = traced ? PREDICTIONS : FEWER_PREDICTIONS;
  const query = `page=${name}&backend=${backend}&collector=${collector.url}&predictions=${predictions}`;
  await page.goto(`${world.origin}/app?${query}&traced=${+traced}${fixed}`);
  const outcome = (await page.evaluate(() => window.outcome)) as Outcome;
  await page.close();
  expect(errors).toEqual([]);
  expect(outcome).toMatchObject({ hooked: [], stackTraceLimit: 10, reports: { queued: 0, dropped: 0 } });
}

/** The only alert about this model, as Alertmanager has it now; undefined when there is none. */
async function alertOf(model: string): Promise<Alert | undefined> {
  const [alert, ...more] = (await alertmanager.alerts()).filter(({ labels }) => labels.model === model);
  expect(more).toEqual([]);
  return alert;
}

/** The sessions of one page on one backend, and what the leaks job then finds there. */
async function findingsOf(name: string, backend: string): Promise<Finding[]> {
  for (let n = 0; n < SESSIONS; n++) await visit(name, backend, n < tracedOf(name, backend));
  const { findings } = JSON.parse(await collector.command('leaks', '--json')) as { findings: Finding[] };
  return findings.filter(({ cohort }) => cohort.model === name && cohort.backend.startsWith(backend));
}

const cases = Object.entries(LEAKING).flatMap(([name, { on, ...rest }]) =>
  on.map((backend) => ({ name, backend, ...rest })),
);

it.each(cases)('finds $name on $backend, and names its line', { timeout: PAGE_MS }, async (leak) => {
  const { name, backend, file, made, kind, stays } = leak;
  const [finding, ...more] = await findingsOf(name, backend);
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ kind, state: 'open' });
  const id = finding?.finding_id ?? '';
  const explained = await collector.command('explain', 'leak', id, '--source-maps', pages.folder);
  const lines = explained.split('\n');
  const traced = tracedOf(name, backend);
  const sessions = traced === 1 ? '1 session' : `${traced} sessions`;
  expect(lines).toContain(`${sessions} traced; something stays and grows in ${traced} of them.`);
  const told = lines.filter((line) => /^\d+\. /.test(line));
  const line = name === 'sessionsAgain' ? lineOf(file, `LEAK ${backend}`) : lineOf(file);
  expect(told.filter((each) => !each.includes(`made in ${made}() at `))).toEqual([]);
  expect(told.filter((each) => !each.includes(`page/leaks/${file}:${line};`))).toEqual([]);
  expect(told[0]?.slice(3)).toMatch(stays);
  expect(explained).not.toContain('not resolved');
});

const clean = Object.entries(CLEAN).flatMap(([name, on]) => on.map((backend) => ({ name, backend })));

it.each(clean)('says nothing of $name on $backend', { timeout: PAGE_MS }, async ({ name, backend }) => {
  expect(await findingsOf(name, backend)).toEqual([]);
});

it('tells a real Alertmanager, and ends the alert after the release that disposes', {
  timeout: PAGE_MS,
}, async () => {
  const alert = await alertOf('forgetsDispose');
  expect(alert?.labels).toMatchObject({
    alertname: 'InferfleetTensorLeak',
    app: 'lab',
    release: '1.0.0',
    backend: expect.stringMatching(/^wasm/),
    severity: 'critical',
  });
  expect(alert?.annotations).toMatchObject({
    summary: expect.stringMatching(
      /^forgetsDispose on wasm\S* in release 1\.0\.0 keeps 1 tensor per prediction/,
    ),
    description: expect.stringContaining('https://fleet.example'),
    runbook_url: 'https://docs.example/runbooks/tensor_leak.md',
  });
  const picture = new URL(alert?.annotations.dashboard_url ?? '');
  expect(picture.origin).toBe('https://fleet.example');
  expect(Object.fromEntries(picture.searchParams)).toMatchObject({
    model: 'forgetsDispose',
    release: '1.0.0',
  });
  const told = () =>
    alertmanager.told
      .filter(({ alert }) => alert.labels.model === 'forgetsDispose')
      .map(({ status }) => status);
  await expect.poll(told, { timeout: 10_000 }).toEqual(['firing']);
  for (let n = 0; n < FIXED_SESSIONS; n++)
    await visit('tidy', 'wasm', false, '&release=2.0.0&model=forgetsDispose');
  const { findings } = JSON.parse(await collector.command('leaks', '--json')) as { findings: Finding[] };
  const mine = findings.filter(({ cohort }) => cohort.model === 'forgetsDispose');
  expect(mine).toMatchObject([
    {
      state: 'resolved',
      summary: expect.stringContaining('release 2.0.0 holds its memory (0 of 8 sessions leak)'),
    },
  ]);
  expect(await alertOf('forgetsDispose')).toBeUndefined();
  await expect.poll(told, { timeout: 10_000 }).toEqual(['firing', 'resolved']);
});
