/** The examples as their READMEs run them: built or under the dev server, with real models, in a real Chromium. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build, createServer, type PreviewServer, preview, type ViteDevServer } from 'vite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ConfigDocument } from '../../client_sdk_js/src/generated/config.js';
import { itemsOf, reportsOf, until } from './reports.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

const EXAMPLES = join(import.meta.dirname, '../../examples');
vi.setConfig({ testTimeout: 180_000 }); // real models on a software GPU

/** What a collector answers that has decided nothing yet. */
const NO_PLAN = {
  document: JSON.stringify({
    app: 'examples',
    version: 0,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: {},
  } satisfies ConfigDocument),
};

let errors: string[];

const servers: (PreviewServer | ViteDevServer)[] = [];

beforeEach(() => {
  world.configRequests.length = 0;
  world.config = NO_PLAN;
  errors = [];
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
useWorldAndBrowser(); // after the others: the pages close before their servers do

/** Where the collector is, for an example's server; and a free port for itself. */
const place = () => ({ host: '127.0.0.1', port: 0, strictPort: false, proxy: { '/v1': world.origin } });

function started<S extends PreviewServer | ViteDevServer>(server: S): string {
  servers.push(server);
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('the server has no address');
  return url;
}

/** Builds an example and serves what came out, the collector behind the same origin. */
async function built(name: string): Promise<string> {
  const root = join(EXAMPLES, name);
  await build({ root, logLevel: 'error' });
  return started(await preview({ root, preview: place(), logLevel: 'error' }));
}

async function developed(name: string): Promise<{ url: string; server: ViteDevServer }> {
  const server = await createServer({ root: join(EXAMPLES, name), server: place(), logLevel: 'error' });
  return { url: started(await server.listen()), server };
}

async function visit(url: string): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return page;
}

/** Waits until the page's status says so; what it says then. */
async function says(page: Page, expected: RegExp): Promise<string> {
  const status = page.getByRole('status');
  const text = async () => (await status.textContent({ timeout: 30_000 })) ?? '';
  for (let i = 0; i < 600; i++) {
    const said = await text();
    if (expected.test(said)) return said;
    await page.waitForTimeout(100);
  }
  throw new Error(`not said within two minutes: ${expected}, but: ${await text()}; ${errors.join('; ')}`);
}

/** What the collector has: model by model, and how often each was loaded and who chose was told. */
function measured() {
  const names = (list: 'windows' | 'loads' | 'exposures') =>
    [...new Set(itemsOf(world, list).map(({ model }) => model))].join();
  return {
    releases: [...new Set(reportsOf(world).map(({ release }) => release))].join(),
    sessions: new Set(reportsOf(world).map(({ session }) => session)).size,
    models: [names('windows'), names('loads'), names('exposures')],
    predictions: itemsOf(world, 'windows').reduce((sum, { count }) => sum + count, 0),
    loads: itemsOf(world, 'loads').length,
    exposures: itemsOf(world, 'exposures').length,
    // The browser here has a software GPU, and says so.
    incidents: itemsOf(world, 'incidents').filter(({ kind }) => kind !== 'software_backend'),
  };
}
/** An earlier report may have told of the software GPU. */
const theWindow = () => until('the window', () => measured().predictions > 0);
const once = (release: string, model: string, predictions: number) => ({
  releases: release,
  sessions: 1,
  models: [model, model, model],
  predictions,
  loads: 1,
  exposures: 1,
  incidents: [],
});

it('vanilla: two script tags, no bundler, a collector on another origin', async () => {
  const root = join(EXAMPLES, 'vanilla');
  execFileSync(process.execPath, ['build.mjs'], { cwd: root });
  const html = join(root, 'dist/index.html');
  const written = readFileSync(html, 'utf8');
  expect(written).toContain("endpoint: 'http://127.0.0.1:8080'");
  writeFileSync(html, written.replace('http://127.0.0.1:8080', world.origin));
  const url = started(await preview({ root, configFile: false, preview: place(), logLevel: 'error' }));
  const page = await visit(url);
  expect(await says(page, /10 predictions.* reports acknowledged: [1-9]/)).toMatch(
    /^A face with probability (0\.[89]|1\.00).*, 10 predictions on webgl \(default\)/,
  );
  await theWindow();
  expect(measured()).toEqual(once('vanilla-1.0.0', 'blazeface', 10));
  expect(world.configRequests).toHaveLength(1);
  expect(errors).toEqual([]);
});

it('react, as built: finds the face', async () => {
  const page = await visit(await built('react'));
  expect(await says(page, /10 predictions/)).toBe('1 face found, 10 predictions on webgl (default) ');
  await until('a window', () => itemsOf(world, 'windows').length > 0);
  expect(measured()).toEqual(once('react-1.0.0', 'blazeface', 10));
  expect(errors).toEqual([]);
});

it('react in development: StrictMode and hot reload double nothing', async () => {
  const { url, server } = await developed('react');
  const models: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/models/blazeface.json')) models.push(request.url());
  });
  const page = await visit(url);
  expect(await says(page, /10 predictions/)).toMatch(/^1 face found/);
  await until('a window', () => measured().predictions === 10);
  expect(measured()).toEqual(once('react-1.0.0', 'blazeface', 10));
  expect(models).toHaveLength(1);

  const reload = async (file: string) => {
    const [module] = server.moduleGraph.getModulesByFile(join(EXAMPLES, 'react/src', file)) ?? [];
    if (!module) throw new Error(`the page has no ${file}`);
    const updated = page.waitForEvent('console', {
      predicate: (message) => message.text().includes('hot updated'),
    });
    await server.reloadModule(module);
    await updated;
  };
  for (const file of ['FaceDetector.tsx', 'monitor.ts']) await reload(file);
  expect(await page.getByRole('status').textContent()).toMatch(/10 predictions/);
  expect(models).toHaveLength(1);
  await page.getByRole('button', { name: 'Unmount' }).click();
  await page.getByRole('button', { name: 'Mount' }).click();
  await until('10 predictions more', () => measured().predictions === 20, 120);
  expect(measured().sessions).toBe(1);
  expect(errors).toEqual([]);
});

it('react: lets the model go on unmount, and watches anew on the next mount', async () => {
  const { url } = await developed('react');
  const page = await visit(url);
  await says(page, /10 predictions/);
  // The very modules of the page, out of the dev server's module graph. As text: vitest rewrites `import()`.
  const inPage = (body: string) =>
    page.evaluate(`(async () => {
      const { monitor } = await import('/src/monitor.ts');
      const { FACE } = await import('/src/face.ts');
      ${body}
    })()`);
  await inPage(`const { dispose } = FACE;
    FACE.dispose = (model) => {
      globalThis.wrapped = Object.hasOwn(model, 'predict');
      dispose(model);
    };`);
  interface State {
    models: number;
    memory: { tensors: number };
    wrapped?: boolean;
  }
  const state = () =>
    inPage(`return {
      models: monitor.snapshot().models.length,
      memory: FACE.adapter.memory(),
      wrapped: globalThis.wrapped,
    };`) as Promise<State>;
  const mounted = await state();
  expect(mounted.models).toBe(1);
  await page.getByRole('button', { name: 'Unmount' }).click();
  await expect.poll(async () => (await state()).models, { timeout: 30_000 }).toBe(0);
  await expect.poll(async () => (await state()).memory.tensors, { timeout: 30_000 }).toBe(0);
  expect((await state()).wrapped).toBe(false);
  await page.getByRole('button', { name: 'Mount' }).click();
  await says(page, /10 predictions/);
  await until('the second run', () => measured().predictions === 20, 60);
  expect(measured()).toMatchObject({ loads: 2, exposures: 2 });
  expect(mounted.memory.tensors).toBeGreaterThan(0);
  expect(errors).toEqual([]);
});

it('worker: predicts and draws off the page, sends before it ends', async () => {
  const page = await visit(await built('worker'));
  expect(await says(page, /10 predictions.* reports acknowledged: [1-9]/)).toMatch(
    /^1 face found, 10 predictions on webgl \(default\)/,
  );
  await theWindow();
  expect(measured()).toEqual(once('worker-1.0.0', 'blazeface', 10));
  const green = await page.evaluate(() => {
    const canvas = document.querySelector('canvas') as HTMLCanvasElement;
    const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    copy?.drawImage(canvas, 0, 0);
    const pixels = copy?.getImageData(0, 0, 256, 256).data ?? [];
    let found = 0;
    for (let i = 0; i < pixels.length; i += 4) if (pixels[i] === 0x14 && pixels[i + 1] === 0xb8) found++;
    return found;
  });
  expect(green).toBeGreaterThan(50);
  await page.getByRole('button').click();
  await says(page, /^The worker ended/);
  await until('the end of the worker', () => page.workers().length === 0, 60);
  expect(errors).toEqual([]);
});

it('worker: hands over what it has when its page hides, and before it ends', async () => {
  const page = await visit(await built('worker'));
  await says(page, /[2-8] predictions/);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('the window so far', () => measured().predictions > 0, 60);
  await page.getByRole('button').click();
  const [, told] = /(\d+) predictions/.exec(await says(page, /^The worker ended/)) ?? [];
  // The last one may have been under way.
  await until('the rest', () => measured().predictions >= Number(told), 60);
  expect(measured().predictions).toBeLessThanOrEqual(Number(told) + 1);
  expect(measured()).toMatchObject({ sessions: 1, loads: 1, exposures: 1, incidents: [] });
  expect(errors).toEqual([]);
});

it('onnx: hears a voice in a vowel, none in silence or noise', async () => {
  const page = await visit(await built('onnx'));
  const said = await says(page, /vowel .* reports acknowledged: [1-9]/);
  const [, silence, vowel, noise] =
    /^silence (\S+), vowel (\S+), noise (\S+) on wasm-simd \(default\)/.exec(said) ?? [];
  expect(Number(vowel)).toBeGreaterThan(0.6);
  expect(Math.max(Number(silence), Number(noise))).toBeLessThan(0.2);
  await theWindow();
  expect(measured()).toEqual(once('onnx-1.0.0', 'silero_vad', 93));
  expect(errors).toEqual([]);
});
