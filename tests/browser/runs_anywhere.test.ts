/** Where the published package has to run beside a bundled page: servers, script tags, one-file bundles, caches. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { itemsOf, until } from './reports.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

const SCRIPT = join(import.meta.dirname, '../../client_sdk_js/dist/inferfleet.global.js');
/** An application whose model is a function of its own. */
const APPLICATION = `
  import { createMonitor } from 'inferfleet';
  import { any } from 'inferfleet/any';
  const monitor = createMonitor({ app: 'lab', key: 'lab-key', endpoint: location.origin, remoteConfig: false });
  const { model } = monitor.wrap('sum', { run: (x) => x + 1 }, { adapter: any({ backend: 'cpu' }) });
  globalThis.sdk = { monitor, model };`;

interface Sdk {
  monitor: import('inferfleet').Monitor;
  model: { run(x: number): number };
}
declare global {
  var sdk: Sdk;
}

useWorldAndBrowser();

/** Answers `path` of the world with a text. */
const serve = (path: string, body: string, contentType: string, headers: Record<string, string> = {}) =>
  context.route(`${world.origin}${path}`, (route) => route.fulfill({ body, contentType, headers }));

/** The application as one file, as bundlers without code splitting make it. */
async function oneFile(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: APPLICATION, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'iife',
    write: false,
    logLevel: 'error',
  });
  expect(outputFiles).toHaveLength(1);
  return outputFiles[0]?.text ?? '';
}

/** Predicts three times and sends; what the collector then has. */
async function predictAndSend(page: Page) {
  const results = await page.evaluate(async () => {
    const { monitor, model } = globalThis.sdk;
    const sums = [1, 2, 3].map((x) => model.run(x));
    await monitor.flush();
    return sums;
  });
  expect(results).toEqual([2, 3, 4]);
  await until('the window', () => itemsOf(world, 'windows').length > 0);
  return itemsOf(world, 'windows');
}

it('is inert on a server: no global is touched on import, nothing is measured or sent', () => {
  const program = `
    const before = Reflect.ownKeys(globalThis).length;
    globalThis.fetch = () => { throw new Error('asked the network'); };
    const { createMonitor } = await import('inferfleet');
    const { any } = await import('inferfleet/any');
    await Promise.all(['tfjs', 'ort', 'overlay'].map((name) => import('inferfleet/' + name)));
    const added = Reflect.ownKeys(globalThis).length - before;
    const monitor = createMonitor({ app: 'lab', endpoint: 'https://collector.example' });
    const object = { run: (x) => x + 1 };
    const { run } = object;
    const { model } = monitor.wrap('sum', object, { adapter: any() });
    const loaded = await monitor.load('two', { adapter: any(), url: '/m', load: async (url) => ({ url, run }) });
    monitor.stage('pre')();
    await monitor.flush();
    const { enabled, session, models } = monitor.snapshot();
    monitor.close();
    const same = model === object && model.run === run && loaded.model.run === run;
    console.log(JSON.stringify({ added, same, enabled, session, models, url: loaded.model.url }));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(JSON.parse(out)).toEqual({
    added: 0,
    same: true,
    enabled: false,
    session: '',
    models: [],
    url: '/m',
  });
});

it('runs out of one script tag, without a bundler', async () => {
  await serve('/inferfleet.global.js', readFileSync(SCRIPT, 'utf8'), 'text/javascript');
  await serve(
    '/page.js',
    APPLICATION.replaceAll(/import .*;\n/g, '').replace(/^/, 'const { createMonitor, any } = inferfleet;'),
    'text/javascript',
  );
  await serve(
    '/page',
    '<!doctype html><script src="/inferfleet.global.js"></script><script src="/page.js"></script>',
    'text/html',
    { 'content-security-policy': "default-src 'self'" },
  );
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${world.origin}/page`);
  expect(await page.evaluate(() => Object.keys(Reflect.get(globalThis, 'inferfleet')))).toEqual([
    'any',
    'anyFunction',
    'createMonitor',
    'ort',
    'ortCanary',
    'referenceInput',
    'referenceValues',
    'tfjs',
    'tfjsCanary',
  ]);
  expect(await predictAndSend(page)).toMatchObject([{ model: 'sum', backend: 'cpu', count: 3 }]);
  expect(errors).toEqual([]);
});

it('runs bundled into one file, lazy parts included', async () => {
  await serve('/one.js', await oneFile(), 'text/javascript');
  await serve('/page', '<!doctype html><script src="/one.js"></script>', 'text/html');
  const page = await context.newPage();
  await page.goto(`${world.origin}/page`);
  expect(await predictAndSend(page)).toMatchObject([{ model: 'sum', count: 3 }]);
});

it('reports from a page that a service worker controls, whose fetches all go through it', async () => {
  await serve('/one.js', await oneFile(), 'text/javascript');
  await serve('/page', '<!doctype html><script src="/one.js"></script>', 'text/html');
  const worker = `
    self.addEventListener('install', () => self.skipWaiting());
    self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
    self.addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));`;
  await serve('/worker.js', worker, 'text/javascript');
  const page = await context.newPage();
  await page.goto(`${world.origin}/page`);
  await page.evaluate(async () => {
    const controlled = new Promise((resolve) =>
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
    );
    await navigator.serviceWorker.register('/worker.js');
    await controlled;
  });
  expect(await predictAndSend(page)).toMatchObject([{ model: 'sum', count: 3 }]);
});

it('goes on after the back-forward cache brought its page back', async () => {
  const cached = await chromium.launch({
    executablePath: process.env.INFERFLEET_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--enable-features=BackForwardCache'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'], // playwright turns it off
  });
  try {
    const page = await cached.newPage();
    await page.goto(`${world.origin}/plain`);
    await page.addScriptTag({ content: await oneFile() });
    await page.evaluate(() => {
      const { monitor, model } = globalThis.sdk;
      model.run(1);
      // The page tells it by itself: the test tool loses sight of a page that comes back.
      addEventListener('pageshow', ({ persisted }) => {
        if (!persisted) return;
        monitor.stage('restored')();
        for (const x of [1, 2, 3]) model.run(x);
        void monitor.flush();
      });
    });
    await page.goto(`${world.origin}/modular`);
    await until('the beacon', () => itemsOf(world, 'windows').length === 1);
    await page.goBack({ waitUntil: 'commit' });
    await until('the page that came back', () => itemsOf(world, 'stages').length > 0);
    expect(itemsOf(world, 'stages')).toMatchObject([{ stage: 'restored', count: 1 }]);
    expect(itemsOf(world, 'windows').map(({ count }) => count)).toEqual([1, 3]);
    expect(new Set(world.reports.map(({ report }) => report.session)).size).toBe(1);
  } finally {
    await cached.close();
  }
});
