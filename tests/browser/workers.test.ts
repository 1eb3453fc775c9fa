/** Models in Web Workers: TensorFlow.js on WebGL by way of an OffscreenCanvas, and what is left when a worker ends. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { itemsOf, reportsOf, until } from './reports.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

const TF = createRequire(import.meta.url).resolve('@tensorflow/tfjs/dist/tf.min.js');
const SDK = join(import.meta.dirname, '../../client_sdk_js/dist/inferfleet.global.js');

/** Predicts when it is told to, and does by name what else it is told. */
const PROGRAM = `
  const monitor = createMonitor({ app: 'lab', key: 'lab-key', endpoint: '', remoteConfig: false });
  const ones = { kernelInitializer: 'ones', biasInitializer: 'ones' };
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2], ...ones })] });
  const ready = tf.setBackend('webgl').then(() => monitor.wrap('mlp', model, { adapter: tfjs(tf) }));
  const asked = {
    async predict(times) {
      const { backend } = await ready;
      const results = [];
      for (let i = 0; i < times; i++) results.push(Array.from(await model.predict(tf.tensor2d([[i, 1]])).data()));
      return { backend, results };
    },
    flush: () => monitor.flush(),
    close: () => monitor.close(),
    snapshot: () => monitor.snapshot().reports,
  };
  self.onmessage = async ({ data: [name, argument] }) => {
    try {
      postMessage({ value: await asked[name](argument) });
    } catch (error) {
      postMessage({ error: String(error) });
    }
  };`;

let module: string;

beforeAll(async () => {
  const imports = `import * as tf from '@tensorflow/tfjs';
    import { createMonitor } from 'inferfleet'; import { tfjs } from 'inferfleet/tfjs';`;
  const { outputFiles } = await build({
    stdin: { contents: imports + PROGRAM, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  module = outputFiles[0]?.text ?? '';
});
useWorldAndBrowser();

const CLASSIC = `importScripts('/tf.min.js', '/inferfleet.global.js');
  const { createMonitor, tfjs } = inferfleet;${PROGRAM}`;

/** A page with one worker, of this kind. */
async function openWorker(kind: 'module' | 'classic'): Promise<{ page: Page; errors: string[] }> {
  const files = {
    '/page': '<!doctype html><title>worker</title>',
    '/module.js': module,
    '/classic.js': CLASSIC,
    '/tf.min.js': readFileSync(TF, 'utf8'),
    '/inferfleet.global.js': readFileSync(SDK, 'utf8'),
  };
  for (const [path, body] of Object.entries(files)) world.files.set(path, body);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${world.origin}/page`);
  await page.evaluate((kind) => {
    const worker = new Worker(`/${kind}.js`, { type: kind });
    const failures: string[] = [];
    worker.onerror = ({ message }) => failures.push(message);
    Object.assign(window, {
      failures,
      end: () => worker.terminate(),
      ask: (...message: unknown[]) =>
        new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.value));
          worker.postMessage(message);
        }),
    });
  }, kind);
  return { page, errors };
}

interface Asking {
  failures: string[];
  end(): void;
  ask(name: string, argument?: unknown): Promise<unknown>;
}
const ask = (page: Page, name: string, argument?: unknown) =>
  page.evaluate(
    ([name, argument]) => (window as unknown as Asking).ask(name as string, argument),
    [name, argument],
  );

describe.each(['module', 'classic'] as const)('a %s worker', (kind) => {
  it('runs on WebGL and reports it', async () => {
    const { page, errors } = await openWorker(kind);
    const results = [1, 2, 3, 4, 5].map((i) => [i + 1, i + 1, i + 1]);
    expect(await ask(page, 'predict', 5)).toEqual({ backend: 'webgl', results });
    await ask(page, 'flush');
    expect(itemsOf(world, 'windows')).toMatchObject([
      { model: 'mlp', backend: 'webgl', count: 5, ready_method: 'read' },
    ]);
    expect(itemsOf(world, 'exposures')).toMatchObject([{ model: 'mlp', backend: 'webgl' }]);
    expect(itemsOf(world, 'incidents')).toEqual([]);
    expect(reportsOf(world)[0]?.device).toMatchObject({ os: 'linux', browser: 'chromium', form: 'desktop' });
    expect(await page.evaluate(() => (window as unknown as Asking).failures)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('hands over what it has when its monitor is closed, though it ends at once', async () => {
    const { page } = await openWorker(kind);
    await ask(page, 'predict', 2);
    await ask(page, 'flush');
    await ask(page, 'predict', 5);
    await page.evaluate(async () => {
      const { ask, end } = window as unknown as Asking;
      await ask('close');
      end();
    });
    await until('the rest', () => itemsOf(world, 'windows').length > 1);
    expect(itemsOf(world, 'windows').map(({ count }) => count)).toEqual([2, 5]);
  });

  it('loses what was measured since the last report, and no more, when it is ended without a word', async () => {
    const { page } = await openWorker(kind);
    await ask(page, 'predict', 2);
    await ask(page, 'flush');
    await ask(page, 'predict', 5);
    await page.evaluate(() => (window as unknown as Asking).end());
    await page.goto('about:blank');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(itemsOf(world, 'windows').map(({ count }) => count)).toEqual([2]);
  });
});
