/** Real losses: a WebGL context, a GPU process that dies under WebGPU, a read that never settles. */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ConfigDocument } from '../../client_sdk_js/src/generated/config.js';
import type { Backend } from '../../client_sdk_js/src/generated/report.js';
import { launchChromium } from './chromium.js';
import { itemsOf, until } from './reports.js';
import { startWorld, type World } from './server.js';
import { openLab } from './visit.js';

type Tensor = import('@tensorflow/tfjs').Tensor;

let world: World;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  browser = await launchChromium(); // a browser of its own: a GPU process that died is not trusted again
  context = await browser.newContext();
  world.reports.length = 0;
});
afterEach(() => browser.close());

const plan = (backend: Backend) => ({
  document: JSON.stringify({
    app: 'lab',
    version: 4,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: { mlp: { arms: [{ backend, probability: 1 }], fallbacks: ['cpu'] } },
  } satisfies ConfigDocument),
});

/** Loads a small model the way the plan says, and reads one result of it. */
const loadAndPredict = (page: Page) =>
  page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    const watching = monitor({ configBudgetMs: 5_000, hangMs: 1_500 });
    const { model, backend, source } = await watching.load('mlp', {
      adapter: tfjs(tf),
      load: async () =>
        tf.sequential({
          layers: [tf.layers.dense({ units: 64, inputShape: [64], kernelInitializer: 'ones' })],
        }),
    });
    const predict = async () => (await (model.predict(tf.ones([32, 64])) as Tensor).data())[0];
    Object.assign(window, { predict });
    return `${source} ${backend} ${await predict()}`;
  });

const failures = () =>
  itemsOf(world, 'incidents').flatMap(({ kind, backend, count = 1 }) =>
    kind === 'software_backend' ? [] : [`${kind} ${backend} ${count}`],
  );
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function nextVisit(): Promise<string> {
  const { page } = await openLab(context, world);
  return loadAndPredict(page);
}

it('is one context_lost for a lost WebGL context, whose reads never settle; the next visit takes the fallback', async () => {
  world.config = plan('webgl');
  const { page } = await openLab(context, world);
  expect(await loadAndPredict(page)).toBe('config webgl 64');
  const settled = await page.evaluate(async () => {
    const { tf } = window.lab;
    const { gl } = (
      tf.backend() as unknown as { getGPGPUContext(): { gl: WebGLRenderingContext } }
    ).getGPGPUContext();
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { predict } = window as unknown as { predict(): Promise<number> };
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('never'), 4_000));
    return Promise.race([late, ...[1, 2, 3].map(() => predict().then(() => 'settled'))]);
  });
  expect(settled).toBe('never');
  await until('the incident', () => failures().length > 0);
  await page.goto('about:blank');
  await pause(300);
  expect(failures()).toEqual(['context_lost webgl 1']);
  expect(await nextVisit()).toBe('fallback cpu 64');
});

it('is one hang when the page itself swallows the event of the loss', async () => {
  world.config = plan('webgl');
  const { page } = await openLab(context, world);
  await page.evaluate(() => {
    const { tf } = window.lab;
    return tf.setBackend('webgl').then(() => {
      const { gl } = (
        tf.backend() as unknown as { getGPGPUContext(): { gl: WebGLRenderingContext } }
      ).getGPGPUContext();
      gl.canvas.addEventListener('webglcontextlost', (event) => event.stopImmediatePropagation());
    });
  });
  expect(await loadAndPredict(page)).toBe('config webgl 64');
  await page.evaluate(async () => {
    const { gl } = (
      window.lab.tf.backend() as unknown as { getGPGPUContext(): { gl: WebGLRenderingContext } }
    ).getGPGPUContext();
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    const { predict } = window as unknown as { predict(): Promise<number> };
    for (let i = 0; i < 3; i++) void predict();
  });
  await pause(3_000);
  await page.evaluate(() => void (window as unknown as { predict(): Promise<number> }).predict());
  await pause(3_000);
  await page.goto('about:blank');
  await pause(300);
  expect(failures()).toEqual(['hang webgl 1']);
  expect(await nextVisit()).toBe('fallback cpu 64');
});

it('is one software_backend when a GPU backend runs on the CPU in truth', { timeout: 120_000 }, async () => {
  world.config = plan('webgl');
  const { page } = await openLab(context, world);
  await loadAndPredict(page);
  const told = () => itemsOf(world, 'incidents').filter(({ kind }) => kind === 'software_backend');
  // Sent within a second, but looked for in idle time only.
  for (let i = 0; i < 12 && !told().length; i++) await pause(5_000);
  expect(told()).toMatchObject([{ backend: 'webgl', model: 'mlp' }]);
  await pause(12_000); // it looks again every ten seconds while it does not know
  await page.goto('about:blank');
  await pause(300);
  expect(told()).toHaveLength(1);
  expect(failures()).toEqual([]);
});

it('is one device_lost when the GPU process dies under WebGPU', async () => {
  world.config = plan('webgpu');
  const { page } = await openLab(context, world);
  expect(await loadAndPredict(page)).toBe('config webgpu 64');
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const gpu = processInfo.find(({ type }) => type === 'GPU');
  if (!gpu) throw new Error('this Chromium has no GPU process');
  process.kill(gpu.id, 'SIGKILL');
  await until('the incident', () => failures().length > 0);
  await pause(2_500);
  await page.goto('about:blank');
  await pause(300);
  expect(failures()).toEqual(['device_lost webgpu 1']);
  expect(await nextVisit()).toBe('fallback cpu 64');
});
