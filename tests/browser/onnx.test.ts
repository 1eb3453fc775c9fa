/** onnxruntime-web for real: on webgpu and on wasm with threads, steered, read on the GPU or not at all, and lost. */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ConfigDocument, ModelPlan } from '../../client_sdk_js/src/generated/config.js';
import { launchChromium } from './chromium.js';
import { itemsOf, totalOf, until } from './reports.js';
import { startWorld, type World } from './server.js';
import { openLab } from './visit.js';

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
  world.config = undefined;
});
afterEach(() => browser.close());

const windowsOf = (model: string) => itemsOf(world, 'windows').filter((window) => window.model === model);
const countOf = (model: string) => windowsOf(model).reduce((sum, { count }) => sum + count, 0);
const failures = () =>
  itemsOf(world, 'incidents').flatMap(({ kind, model, backend }) =>
    kind === 'software_backend' ? [] : [`${kind} ${model} ${backend}`],
  );

const plan = (models: Record<string, ModelPlan>, rest: Partial<ConfigDocument> = {}) => ({
  document: JSON.stringify({
    app: 'lab',
    version: 4,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models,
    ...rest,
  } satisfies ConfigDocument),
});

async function open(kind: 'engines' | 'engines-isolated') {
  const visit = await openLab(context, world, kind);
  await visit.page.waitForFunction(() => window.engines);
  return visit;
}

it('runs a real model on webgpu with the very result, and counts it there', {
  timeout: 180_000,
}, async () => {
  const { page, errors } = await open('engines');
  const seen = await page.evaluate(async () => {
    const { onnx, ort, monitor, sound } = window.engines;
    const adapter = ort(onnx);
    const session = await onnx.InferenceSession.create('/vad/silero_vad_v5.onnx', {
      executionProviders: ['webgpu'],
    });
    const answer = async () => Number((await session.run(sound())).output?.data[0]);
    const bare = await answer();
    const { model, backend } = monitor.wrap('voice', session, { adapter });
    const watched = [await answer(), await answer()];
    await monitor.flush();
    return { bare, watched, backend, same: model === session };
  });
  expect(seen.watched).toEqual([seen.bare, seen.bare]);
  expect(seen.bare).toBeGreaterThan(0);
  expect(seen).toMatchObject({ backend: 'webgpu', same: true });
  await until('the window', () => countOf('voice') === 2);
  expect(windowsOf('voice')).toMatchObject([
    { engine: 'onnxruntime', backend: 'webgpu', count: 2, ready_method: 'return' },
  ]);
  expect(failures()).toEqual([]);
  expect(errors).toEqual([]);
});

it('takes a result that stays on the GPU as there when it was read, or a fence passed', {
  timeout: 180_000,
}, async () => {
  const { page, errors } = await open('engines');
  const seen = await page.evaluate(async () => {
    const { onnx, ort, monitor, matmulModel } = window.engines;
    const adapter = ort(onnx);
    const create = () =>
      onnx.InferenceSession.create(matmulModel(64, 256, 0.5), {
        executionProviders: ['webgpu'],
        preferredOutputLocation: 'gpu-buffer',
      });
    const read = monitor.wrap('read', await create(), { adapter }).model;
    const kept = monitor.wrap('kept', await create(), { adapter }).model;
    await adapter.backends(); // what is read before this lazily loaded part is there has no time
    const x = new onnx.Tensor('float32', new Float32Array(64 * 256).fill(1), [64, 256]);
    const seen: unknown[] = [];
    let reads = 0;
    for (let i = 0; i < 14; i++) {
      const { y } = await read.run({ x });
      seen.push(y?.location, (await y?.getData())?.[0]);
      const left = (await kept.run({ x })).y;
      if (!left) throw new Error('no output');
      const original = Object.getPrototypeOf(left).getData;
      left.getData = function (...args: unknown[]) {
        reads++;
        return original.apply(this, args);
      };
      await new Promise((resolve) => setTimeout(resolve, 600));
      left.dispose();
      y?.dispose();
    }
    await monitor.flush();
    return { seen: [...new Set(seen)], reads };
  });
  expect(seen).toEqual({ seen: ['gpu-buffer', 128], reads: 0 });
  await until('both', () => countOf('read') === 14 && countOf('kept') === 14);
  const ready = (model: string) =>
    windowsOf(model).flatMap(({ ready_method, ready_ms }) =>
      ready_ms ? [[ready_method, totalOf(ready_ms)]] : [],
    );
  expect(new Set(ready('read').map(([method]) => method))).toEqual(new Set(['read']));
  expect(ready('read').reduce((sum, [, values]) => sum + Number(values), 0)).toBe(14);
  expect(new Set(ready('kept').map(([method]) => method))).toEqual(new Set(['fence']));
  expect(ready('kept').reduce((sum, [, values]) => sum + Number(values), 0)).toBeGreaterThanOrEqual(3);
  for (const window of windowsOf('kept')) expect(window).toMatchObject({ backend: 'webgpu' });
  expect(errors).toEqual([]);
});

/** Loads models the way their plans say, all at once, each waiting for its bytes first. */
const loadAll = (page: Page, names: string[]) =>
  page.evaluate(async (names) => {
    const { onnx, ort, createOwn, matmulModel } = window.engines;
    const monitor = createOwn({ configBudgetMs: 10_000 });
    const adapter = ort(onnx);
    const loaded = await Promise.all(
      names.map((name) =>
        monitor.load(name, {
          adapter,
          url: '/vad/silero_vad_v5.onnx',
          load: async (url, backend) => {
            await (await fetch(url)).arrayBuffer();
            return onnx.InferenceSession.create(matmulModel(4, 8, 1), {
              executionProviders: adapter.executionProviders(backend),
            });
          },
        }),
      ),
    );
    const x = new onnx.Tensor('float32', new Float32Array(32).fill(1), [4, 8]);
    const told: string[] = [];
    for (const { model, source, backend } of loaded)
      told.push(`${source} ${backend} ${(await model.run({ x })).y?.data[0]}`);
    await monitor.flush();
    return told;
  }, names);

it('steers each session of a page for itself, at once', { timeout: 180_000 }, async () => {
  world.config = plan({
    face: { arms: [{ backend: 'webgpu', probability: 1 }] },
    hand: { arms: [{ backend: 'wasm', probability: 1 }] },
  });
  const { page, errors } = await open('engines');
  expect(await loadAll(page, ['face', 'hand', 'pose'])).toEqual([
    'config webgpu 8',
    'config wasm-simd 8',
    'default wasm-simd 8',
  ]);
  await until('all three', () => ['face', 'hand', 'pose'].every((model) => countOf(model) === 1));
  expect(
    itemsOf(world, 'windows')
      .map(({ model, backend }) => `${model} ${backend}`)
      .sort(),
  ).toEqual(['face webgpu', 'hand wasm-simd', 'pose wasm-simd']);
  expect(failures()).toEqual([]);
  expect(errors).toEqual([]);
});

it('runs on as many wasm threads as the plan says, with the files of the plan', {
  timeout: 180_000,
}, async () => {
  world.config = plan(
    { face: { arms: [{ backend: 'wasm', probability: 1 }], wasm_threads: 2 } },
    { wasm_paths: '/ort' },
  );
  const { page, errors } = await open('engines-isolated');
  const requested: string[] = [];
  page.on('request', (request) => requested.push(`${request.method()} ${request.url()}`));
  await page.evaluate(() => {
    window.engines.onnx.env.wasm.wasmPaths = '/nowhere/';
  });
  expect(await loadAll(page, ['face'])).toEqual(['config wasm-simd-threads 8']);
  expect(requested.filter((url) => /nowhere/.test(url))).toEqual([]);
  expect(requested).toContain(`GET ${world.origin}/ort/ort-wasm-simd-threaded.jsep.wasm`);
  await until('the window', () => countOf('face') === 1);
  expect(windowsOf('face')).toMatchObject([{ backend: 'wasm-simd-threads', threads: 2 }]);
  expect(errors).toEqual([]);
});

it('tells of a lost device to the models on it only', { timeout: 180_000 }, async () => {
  world.config = plan({ face: { arms: [{ backend: 'webgpu', probability: 1 }] } });
  const { page } = await open('engines');
  // The model on wasm comes first: there is no device to look for then.
  expect(await loadAll(page, ['hand'])).toEqual(['default wasm-simd 8']);
  expect(await loadAll(page, ['face'])).toEqual(['config webgpu 8']);
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const gpu = processInfo.find(({ type }) => type === 'GPU');
  if (!gpu) throw new Error('this Chromium has no GPU process');
  process.kill(gpu.id, 'SIGKILL');
  await until('the incident', () => failures().length > 0);
  await page.goto('about:blank');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(failures()).toEqual(['device_lost face webgpu']);
});

it('says what each session really runs on', { timeout: 180_000 }, async () => {
  const { page, errors } = await open('engines');
  const labels = await page.evaluate(async () => {
    const { onnx, ort, monitor, matmulModel } = window.engines;
    const adapter = ort(onnx);
    const label = async (executionProviders: string[] | undefined, operator?: string) => {
      const session = await onnx.InferenceSession.create(matmulModel(4, 4, 1, operator), {
        ...(executionProviders && { executionProviders }),
      });
      const name = `${executionProviders} ${operator ?? ''}`.replace(/\W+/g, '-').replace(/-$/, '');
      const { model } = monitor.wrap(name, session, { adapter });
      const x = new onnx.Tensor('float32', new Float32Array(16).fill(2), [4, 4]);
      await model.run({ x });
      return `${name} ${adapter.executor(session).backend}`;
    };
    const labels = [
      await label(['webgpu', 'wasm']),
      await label(['webnn', 'wasm']),
      await label(['webnn', 'webgpu', 'wasm']),
      await label(['webgl', 'wasm']),
      await label(['xnnpack', 'wasm']),
      await label(['webgpu'], 'Min'), // it has no kernel for WebGPU
      await label(undefined),
    ];
    await monitor.flush();
    return labels;
  });
  const expected = [
    'webgpu-wasm webgpu',
    'webnn-wasm wasm-simd',
    'webnn-webgpu-wasm webgpu',
    'webgl-wasm wasm-simd',
    'xnnpack-wasm wasm-simd',
    'webgpu-Min wasm-simd',
    'undefined wasm-simd',
  ];
  expect(labels).toEqual(expected);
  await until('all windows', () => itemsOf(world, 'windows').length === expected.length);
  expect(itemsOf(world, 'windows').map(({ model, backend }) => `${model} ${backend}`)).toEqual(expected);
  expect(errors).toEqual([]);
});

it('runs the canary beside a page that predicts, and no call of the page fails', {
  timeout: 180_000,
}, async () => {
  const arm = { arms: [{ backend: 'webgpu' as const, probability: 1 }] };
  const canary = { values: Array(8).fill(8), tolerance: 0.1 };
  world.config = plan({ face: arm, hand: { ...arm, canary }, pose: { ...arm, canary } });
  const { page, errors } = await open('engines');
  const seen = await page.evaluate(async () => {
    const { onnx, ort, createOwn, matmulModel } = window.engines;
    const monitor = createOwn({ configBudgetMs: 10_000 });
    const adapter = ort(onnx);
    const x = new onnx.Tensor('float32', new Float32Array(8).fill(1), [1, 8]);
    let canaries = 0;
    const load = (name: string) =>
      monitor.load(name, {
        adapter,
        url: '/none',
        load: (_, backend) =>
          onnx.InferenceSession.create(matmulModel(1, 8, 1), {
            executionProviders: adapter.executionProviders(backend),
          }),
        check: {
          canary: async (session) => {
            canaries++;
            return (await session.run({ x })).y?.data as Float32Array;
          },
        },
      });
    const face = await load('face');
    let predicts = true;
    let runs = 0;
    const failed: string[] = [];
    const frames = (async () => {
      while (predicts) {
        await face.model.run({ x }).catch((error: Error) => failed.push(error.message));
        runs++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const hand = await load('hand');
    const whileBusy = canaries;
    predicts = false;
    await frames;
    for (let i = 0; i < 60 && !canaries; i++) await new Promise((resolve) => setTimeout(resolve, 100));
    const afterwards = canaries;
    // At once: each creation and each canary of one beside those of the other.
    const loading = load('pose');
    await hand.model.run({ x }).catch((error: Error) => failed.push(error.message));
    await loading;
    return { failed, enough: runs > 3, whileBusy, afterwards };
  });
  expect(seen).toEqual({ failed: [], enough: true, whileBusy: 0, afterwards: 1 });
  expect(failures()).toEqual([]);
  expect(errors).toEqual([]);
});

it('keeps the files of the page when a plan names a place that lacks one', { timeout: 180_000 }, async () => {
  world.config = plan(
    { face: { arms: [{ backend: 'wasm', probability: 1 }] } },
    { wasm_paths: '/models' }, // of another library
  );
  const { page, errors } = await open('engines');
  expect(await loadAll(page, ['face'])).toEqual(['config wasm-simd 8']);
  await page.close();
  await context.route(/elsewhere.*\.wasm$/, (route) => route.fulfill({ status: 200 }));
  world.config = plan(
    { face: { arms: [{ backend: 'wasm', probability: 1 }] } },
    { wasm_paths: '/elsewhere' }, // the wasm, without its scripts
  );
  const second = await open('engines');
  expect(await loadAll(second.page, ['face'])).toEqual(['config wasm-simd 8']);
  expect([...errors, ...second.errors]).toEqual([]);
});
