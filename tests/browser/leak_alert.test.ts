/** A release that leaks, its alert in a real Alertmanager, and the release that ends it: a real browser, collector and job. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Alertmanager, findAlertmanager, startAlertmanager } from './alertmanager.js';
import { type BundledPages, serveBundled } from './bundled_pages.js';
import { type Collector, startCollector } from './collector.js';
import { CLEAN_VISIT, visitAll } from './leak_visits.js';
import { until } from './reports.js';
import { browser, useWorldAndBrowser, world } from './world_and_browser.js';

const ROOT = join(import.meta.dirname, '../..');
const BINARY = findAlertmanager();
const NONE =
  'no Alertmanager: apt-get install prometheus-alertmanager, or set INFERFLEET_ALERTMANAGER to its binary';

useWorldAndBrowser();

const SESSIONS = 5; // the fewest that a finding rests on
const PREDICTIONS = 40;
/** Of the fixed release: six in ten of the newest sessions, and more. */
const FIXED_SESSIONS = 8;
const ALL_MS = 300_000;

interface Finding {
  finding_id: string;
  kind: string;
  state: string;
  summary: string;
  cohort: { release: string };
}

let alertmanager: Alertmanager;
let collector: Collector;
let pages: BundledPages;

beforeAll(async () => {
  if (!BINARY) return;
  alertmanager = await startAlertmanager(BINARY);
  [pages, collector] = await Promise.all([
    serveBundled(world, 'leaks'),
    startCollector({
      INFERFLEET_APPS: JSON.stringify({ lab: { keys: ['lab-key'], origins: [world.origin] } }),
      INFERFLEET_ALERTS__ALERTMANAGER_URL: alertmanager.url,
      INFERFLEET_ALERTS__FLEET_PAGE_URL: 'https://fleet.example',
    }),
  ]);
}, ALL_MS);

afterAll(async () => {
  await collector?.close();
  await alertmanager?.close();
  pages?.remove();
});

async function visit(release: string, count: number, fixed = false): Promise<void> {
  const session = { page: 'forgetsDispose', backend: 'wasm', predictions: PREDICTIONS, traced: false };
  const sessions = Array.from({ length: count }, () => ({ ...session, release, fixed }));
  const visits = await visitAll(browser, world.origin, collector.url, sessions);
  expect(visits).toMatchObject(sessions.map(() => CLEAN_VISIT));
}

/** What the alert leads to: the collector's own page, at that model, release and backend, with the finding. */
async function seesPicture(query: string, summary: string): Promise<void> {
  const page = await browser.newPage();
  await page.goto(`${collector.url}/${query}`);
  await page.getByText(summary).waitFor();
  const chosen = page.locator('select[id^=pick-]');
  expect(await chosen.evaluateAll((all) => all.map((each) => (each as HTMLSelectElement).value))).toEqual([
    'lab',
    'forgetsDispose',
    '1.0.0',
    'wasm-simd',
  ]);
  await page.waitForFunction(() => !document.querySelector('.card:not([data-state])'));
  expect(await page.locator('.card[data-state=failed]').allInnerTexts()).toEqual([]);
  await page.close();
}

async function judge(): Promise<Finding[]> {
  return JSON.parse(await collector.command('leaks', '--json')).findings;
}

it('is told of a release that leaks, and of its end', { timeout: ALL_MS }, async ({ skip }) => {
  if (!BINARY) skip(NONE);
  await visit('1.0.0', SESSIONS);
  const [finding, ...others] = await judge();
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ kind: 'tensor_leak', state: 'open', cohort: { release: '1.0.0' } });
  const { finding_id, summary = '' } = finding as Finding;

  const [alert, ...more] = await alertmanager.alerts();
  expect(more).toEqual([]);
  expect(alert?.labels).toMatchObject({
    alertname: 'InferfleetTensorLeak',
    app: 'lab',
    model: 'forgetsDispose',
    release: '1.0.0',
    severity: 'critical',
    finding_id,
  });
  const { runbook_url = '', dashboard_url = '', ...texts } = alert?.annotations ?? {};
  expect(texts.summary).toBe(summary);
  expect(texts.summary).toMatch(
    /^forgetsDispose on wasm\S* in release 1\.0\.0 keeps 1 tensor per prediction /,
  );
  expect(texts.description).toContain(summary);
  expect(existsSync(join(ROOT, runbook_url))).toBe(true);
  expect(alert?.generatorURL).toBe(dashboard_url);
  const picture = new URL(dashboard_url);
  expect(picture.origin).toBe('https://fleet.example');
  await seesPicture(picture.search, summary);
  await until('somebody is told', () => alertmanager.told.length > 0);
  expect(alertmanager.told[0]).toMatchObject({ status: 'firing', alerts: [{ labels: { finding_id } }] });

  await visit('2.0.0', FIXED_SESSIONS, true);
  const [ended, ...besides] = await judge();
  expect(besides).toEqual([]); // and none of the fixed release
  expect(ended).toMatchObject({ finding_id, state: 'resolved' });
  expect(ended?.summary).toContain('release 2.0.0 holds its memory (0 of 8 sessions leak)');
  expect(await alertmanager.alerts()).toEqual([]);
  await until('its end is told', () => alertmanager.told.at(-1)?.status === 'resolved');
  expect(alertmanager.told.length).toBe(2);
  const [over] = alertmanager.told[1]?.alerts ?? [];
  expect(over).toMatchObject({ status: 'resolved', labels: { finding_id } });
  expect(Date.parse(over?.endsAt ?? '')).toBeLessThanOrEqual(Date.now());
});
