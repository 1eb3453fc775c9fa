import { expect, it } from 'vitest';
import { absolute, itemsOf, meanBucket, reportsOf, totalOf } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const GPU = /^webg/;

it.each([
  ['cpu', 'plain', 2],
  ['wasm-simd', 'plain', 5],
  ['wasm-simd-threads', 'isolated', 5],
  // A software GPU takes seconds for each of these.
  ['webgl', 'plain', 2],
  ['webgpu', 'plain', 1],
] as const)(
  'watches BlazeFace on %s without changing anything',
  { timeout: 150_000 },
  async (backend, kind, runs) => {
    const { page, errors } = await openLab(context, world, kind);
    const seen = await page.evaluate(
      async ({ backend, runs }) => {
        const { tf, tfjs, monitor, input, BLAZEFACE } = window.lab;
        // A software GPU that shares two cores may take a minute for one prediction.
        const watching = monitor({ remoteConfig: false, hangMs: 140_000 });
        const face = await watching.load('blazeface', {
          adapter: tfjs(tf),
          url: BLAZEFACE,
          override: { backend },
          load: (url) => tf.loadGraphModel(url),
        });
        const { model } = face;
        const x = input(model);
        const read = async (out: import('@tensorflow/tfjs').Tensor) => Array.from(await out.data());
        const run = async () => {
          const out = model.predict(x) as
            | import('@tensorflow/tfjs').Tensor
            | import('@tensorflow/tfjs').Tensor[];
          const values = await Promise.all([out].flat().map(read));
          tf.dispose(out);
          return values;
        };
        const watched: number[][][] = [];
        for (let i = 0; i < runs; i++) watched.push(await run());
        const viaAsync = (await model.executeAsync(x)) as import('@tensorflow/tfjs').Tensor;
        await Promise.all([viaAsync].flat().map(read));
        tf.dispose(viaAsync);
        const snapshot = watching.snapshot().models[0];
        const isGraphModel = model instanceof tf.GraphModel;
        await watching.flush();
        face.unwrap();
        const unwatched = await run();
        return {
          backend: face.backend,
          identical: watched.every((values) => JSON.stringify(values) === JSON.stringify(unwatched)),
          finite: unwatched.flat().every(Number.isFinite),
          values: unwatched.flat().length,
          isGraphModel,
          snapshot,
          ownLeft: Object.getOwnPropertyNames(model).filter((name) => /^(predict|execute)/.test(name)),
          profiling: (tf.engine() as unknown as { state: { profiling: boolean } }).state.profiling,
        };
      },
      { backend, runs },
    );

    expect(seen).toMatchObject({
      backend,
      identical: true,
      finite: true,
      isGraphModel: true,
      ownLeft: [],
      profiling: false,
    });
    expect(seen.values).toBeGreaterThan(100);
    expect(seen.snapshot).toMatchObject({ count: runs + 1, errors: 0, source: 'override' });

    const [report] = reportsOf(world);
    expect(report?.device).toMatchObject({
      os: 'linux',
      browser: 'chromium',
      form: 'desktop',
      wasm_simd: true,
    });
    const [load] = itemsOf(world, 'loads');
    expect(load).toMatchObject({ model: 'blazeface', backend, cache_hit: false });
    expect(load?.download_bytes).toBeGreaterThan(500_000);
    expect(load?.first_prediction_ms).toBeGreaterThan(1);

    const windows = itemsOf(world, 'windows');
    expect(windows.reduce((sum, { count }) => sum + count, 0)).toBe(runs + 1);
    const measured = windows.find(({ ready_ms }) => ready_ms);
    if (!measured?.dispatch_ms || !measured.ready_ms || !measured.memory)
      throw new Error('the window lacks its signals');
    expect(measured).toMatchObject({
      backend,
      ready_method: GPU.test(backend) ? 'read' : 'return',
    });
    expect(meanBucket(measured.ready_ms)).toBeGreaterThanOrEqual(meanBucket(measured.dispatch_ms));
    if (GPU.test(backend)) {
      // The call returns long before the GPU is done: at least twice as long here.
      expect(meanBucket(measured.ready_ms) - meanBucket(measured.dispatch_ms)).toBeGreaterThan(18);
      // The weights are uploaded by the first prediction.
      expect(absolute(measured.memory.gpu_bytes ?? []).at(-1)).toBeGreaterThan(500_000);
    }
    // A page that disposes of its outputs holds the same tensors before every prediction.
    expect(new Set(measured.memory.tensors.slice(1))).toEqual(new Set([0]));
    if (backend === 'wasm-simd-threads') expect(measured.threads).toBeGreaterThanOrEqual(1);
    else expect(measured).not.toHaveProperty('threads');
    expect(errors).toEqual([]);
  },
);

it('times the GPU itself on webgl, leaving no timer and no profiling behind', async () => {
  const { page, errors } = await openLab(context, world);
  const left = await page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    await tf.setBackend('webgl');
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 256, inputShape: [256] })] });
    const watching = monitor({ remoteConfig: false, kernelEvery: 2 });
    watching.wrap('mlp', model, { adapter: tfjs(tf) });
    const x = tf.ones([64, 256]);
    const wrong = tf.ones([64, 3]);
    let threw = 0;
    for (let i = 0; i < 12; i++) {
      try {
        const out = model.predict(i % 4 === 3 ? wrong : x) as import('@tensorflow/tfjs').Tensor;
        await out.data();
        out.dispose();
      } catch {
        threw++;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await watching.flush();
    const { activeTimers, programTimersStack } = tf.backend() as unknown as Record<string, unknown>;
    return { threw, timers: [activeTimers ?? null, programTimersStack ?? null] };
  });
  expect(left).toEqual({ threw: 3, timers: [null, null] });
  const [measured] = itemsOf(world, 'windows');
  expect(measured).toMatchObject({ count: 12, errors: 3, kernel_method: 'gpu_timer' });
  const timed = measured?.kernel_ms ? totalOf(measured.kernel_ms) : 0;
  expect(timed).toBeGreaterThan(0);
  // A timed call is slowed by it, so its other times are left out.
  expect(timed + (measured?.ready_ms ? totalOf(measured.ready_ms) : 0)).toBeLessThanOrEqual(9);
  expect(errors).toEqual([]);
});
