/**
 * The whole way of a variant, by the installed command and a real collector: built, evaluated, published to a folder that a
 * plain server serves, registered, tried by visits, recommended, published; and the next page load runs it from there.
 */

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findChromium, launchChromium } from './chromium.js';
import { type Collector, startCollector } from './collector.js';
import { startWorld, type World } from './server.js';
import { type StaticServer, serveFolder } from './static_server.js';
import { openLab } from './visit.js';

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../..');
const MODELS = join(dirname(require.resolve('@vladmandic/human')), '../models');
const PHOTOS = join(ROOT, 'examples/face_detection/public/photo');
/** A phone's line of 8 Mbit/s: what a variant saves is seen in what its pages measure. */
const BYTES_A_SECOND = 1_000_000;
const VISITORS = 2;
const FEW = 3;

const folder = mkdtempSync(join(tmpdir(), 'inferfleet-whole-way-'));
const target = join(folder, 'www');
const built = join(folder, 'built');
let world: World;
let browser: Browser;
let files: StaticServer;
let collector: Collector;

beforeAll(async () => {
  mkdirSync(join(target, 'own'), { recursive: true });
  for (const name of ['blazeface.json', 'blazeface.bin'])
    copyFileSync(join(MODELS, name), join(target, 'own', name));
  [world, browser, files] = await Promise.all([
    startWorld(),
    launchChromium(),
    serveFolder(target, BYTES_A_SECOND),
  ]);
  collector = await startCollector({
    INFERFLEET_APPS: JSON.stringify({ lab: { keys: ['lab-key'], origins: [world.origin] } }),
    INFERFLEET_CHROMIUM: findChromium(),
    ...(process.env.INFERFLEET_CACHE_DIR && { INFERFLEET_CACHE_DIR: process.env.INFERFLEET_CACHE_DIR }),
    INFERFLEET_RECOMMEND__OBJECTIVE: 'small-download',
    // A few visits decide; and nobody is held back, so that every later visit shows the decision.
    INFERFLEET_RECOMMEND__MIN_SESSIONS: String(FEW),
    INFERFLEET_RECOMMEND__MIN_CLASS_SESSIONS: String(FEW),
    INFERFLEET_RECOMMEND__MIN_RACES: String(FEW),
    INFERFLEET_RECOMMEND__HOLDBACK: '0',
    INFERFLEET_RECOMMEND__EXPLORATION: '0',
    INFERFLEET_RECOMMEND__INCLUDE_AUTOMATED: 'true',
    INFERFLEET_RECOMMEND__RACE_BUDGET_MS: '20000',
    INFERFLEET_CONFIG__MAX_AGE_SECONDS: '0',
  });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await Promise.all([collector?.close(), files?.close(), world?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const tell = async (...args: string[]) => JSON.parse(await collector.command(...args, '--json'));

interface Visited {
  variant: string;
  source: string;
  answer: number[];
}

/** On another page of the site, with another model: from then on the browser has an install id, and knows its GPU. */
async function callFirst(context: BrowserContext): Promise<void> {
  const { page } = await openLab(context, world);
  await page.evaluate(async (endpoint) => {
    const { tf, tfjs, monitor } = window.lab;
    await tf.setBackend('wasm');
    const load = (url: string) => tf.loadGraphModel(url);
    await monitor({ endpoint }).load('liveness', { adapter: tfjs(tf), url: '/models/liveness.json', load });
  }, collector.url);
  await page.waitForFunction(() => localStorage.getItem('inferfleet:gpu_looked_at'));
  await page.close();
}

/** A person who was here before, without the model's files: loads the model as the config says, and predicts. */
async function visit(): Promise<Visited> {
  const context = await browser.newContext();
  try {
    await callFirst(context);
    const { page, errors } = await openLab(context, world);
    const visited = await page.evaluate(
      async ({ endpoint, models }) => {
        const { tf, tfjs, monitor, predict } = window.lab;
        await tf.setBackend('wasm');
        const watching = monitor({
          endpoint,
          modelOrigins: [models],
          backends: ['wasm', 'wasm-simd', 'wasm-simd-threads'], // all that this page ships
          configBudgetMs: 20_000,
        });
        const { model, variant, source } = await watching.load('blazeface', {
          adapter: tfjs(tf),
          url: `${models}/own/blazeface.json`,
          load: (url, _backend, checked) =>
            tf.loadGraphModel(url, checked ? { fetchFunc: checked.fetch } : {}),
          check: { canary: predict },
        });
        let answer: number[] = [];
        for (let i = 0; i < 3; i++) answer = await predict(model);
        await watching.flush();
        return { variant, source, answer };
      },
      { endpoint: collector.url, models: files.origin },
    );
    expect(errors).toEqual([]);
    return visited;
  } finally {
    await context.close();
  }
}

/** All that visitors sent is in the store. */
async function stored(): Promise<void> {
  const pending = async () => (await collector.metric('inferfleet_spool_pending_reports')) === 0;
  for (let i = 0; i < 200 && !(await pending()); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await pending()).toBe(true);
}

async function visits(count: number): Promise<Visited[]> {
  const made: Visited[] = [];
  while (made.length < count)
    made.push(...(await Promise.all(Array.from({ length: Math.min(VISITORS, count - made.length) }, visit))));
  await stored();
  return made;
}

type Arm = {
  backend: string;
  variant: string;
  sessions: number;
  races: number;
  passed: boolean;
  gates: { gate: string; detail: string }[];
};
type DecisionRecord = { device_class: string; state: string; recommended: [string, string]; arms: Arm[] };

/** The newest decision for the class of these visitors. */
async function decided(): Promise<DecisionRecord> {
  await tell('recommend', '--app', 'lab');
  const { records } = await tell('explain', '--app', 'lab', '--model', 'blazeface');
  const [narrowest = ''] = Object.keys(records).sort((a, b) => b.length - a.length);
  return records[narrowest];
}

const armOf = ({ arms }: DecisionRecord, variant: string) =>
  arms.find((arm) => arm.variant === variant && arm.backend.startsWith('wasm'));

it('a variant is built, evaluated, published, registered, tried and recommended; the next page load runs it, and never a spoilt one', {
  timeout: 600_000,
}, async () => {
  const only = ['--only', 'float16', '--only', 'uint8'];
  await collector.command('variants', 'build', join(MODELS, 'blazeface.json'), '--to', built, ...only);
  const inputs = ['--inputs', PHOTOS, '--scale', '-1..1', '--runs', '3', '--backends', 'cpu,wasm'];
  const engine = ['--engine-from', join(ROOT, 'node_modules')];
  await collector.command('variants', 'evaluate', built, ...inputs, ...engine);
  const place = ['--to', target, '--public', files.origin];
  await collector.command('variants', 'publish', built, '--app', 'lab', ...place);
  await collector.command('variants', 'register', built, '--app', 'lab');
  const { variants } = await tell('variants', 'list', '--app', 'lab', '--model', 'blazeface');
  expect(Object.fromEntries(variants.map(verdictOf))).toEqual({
    original: 'reference',
    float16: 'accepted',
    uint8: 'refused', // its boxes are off by more than half of their own spread
  });

  // Nobody has a plan yet: the page's own model, from which all others start.
  const [{ answer: right } = { answer: [] }] = await visits(FEW + 1);
  const first = await decided();
  expect(first.recommended).toEqual(['wasm-simd', 'original']);
  expect(armOf(first, 'float16')).toMatchObject({ sessions: 0, races: 0 });
  await tell('publish', '--app', 'lab');

  // It is tried: each visitor measures it beside the original, over the same line.
  for (const { answer } of await visits(2 * FEW)) expect(answer).toEqual(right);
  const second = await decided();
  expect(second).toMatchObject({ state: 'committed', recommended: ['wasm-simd', 'float16'] });
  expect(armOf(second, 'float16')?.races).toBeGreaterThanOrEqual(FEW);
  expect(armOf(second, 'uint8')).toBeUndefined(); // what an evaluation refused is not even tried
  await tell('publish', '--app', 'lab');

  // The next page load runs it, from the published folder and nothing else, and answers as the original.
  files.requests.length = 0;
  expect(await visit()).toEqual({ variant: 'float16', source: 'config', answer: right });
  const { variants: published } = JSON.parse(readFileSync(join(built, 'published.json'), 'utf8'));
  const { url, id } = published.find(({ name }: { name: string }) => name === 'float16');
  const entry = url.slice(files.origin.length);
  expect(files.requests.filter((path) => path === entry)).toHaveLength(1);
  expect(files.requests.every((path) => path.startsWith(`/lab/blazeface/${id}/`))).toBe(true);
  const shard = files.requests.find((path) => path.endsWith('.bin')) as string;

  // Whatever is there in its place is never run: the page's own model is, and it answers right.
  for (const [path, spoil] of SPOILT(entry, shard)) {
    const bytes = readFileSync(join(target, path));
    writeFileSync(join(target, path), spoil(bytes));
    files.requests.length = 0;
    expect(await visit()).toEqual({ variant: 'original', source: 'fallback', answer: right });
    expect(files.requests).toContain(path);
    expect(files.requests).toContain('/own/blazeface.json');
    writeFileSync(join(target, path), bytes);
  }
  await stored();
  const count = SPOILT(entry, shard).length;
  const { gates = [] } = armOf(await decided(), 'float16') ?? {};
  expect(gates.find(({ gate }) => gate === 'capability')?.detail).toContain(`did not start in ${count} of`);
  const told = await collector.storedRows(
    "SELECT variant, error, toUInt32(sum(count)) AS times FROM incidents WHERE kind = 'fallback' GROUP BY ALL",
  );
  expect(told).toEqual([{ variant: 'float16', error: 'IntegrityError', times: count }]);
});

const verdictOf = ({ registered, verdict }: { registered: { variant: string }; verdict: string }) => [
  registered.variant,
  verdict,
];

/** What a server may come to answer in place of a published file: the path, and what becomes of its bytes. */
const SPOILT = (entry: string, shard: string): [string, (bytes: Buffer) => Buffer][] => [
  [shard, (bytes) => Buffer.from(bytes.map((byte, i) => (i === 1_000 ? byte ^ 64 : byte)))],
  [shard, (bytes) => bytes.subarray(0, bytes.length / 2)],
  [entry, () => Buffer.from('<!doctype html><title>Sorry</title>')],
];
