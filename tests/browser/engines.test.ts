/** Several models of two libraries in one page, and a pipeline of two: reported apart, and right. */

import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchChromium } from './chromium.js';
import { itemsOf, until } from './reports.js';
import { startWorld, type World } from './server.js';
import { openLab } from './visit.js';

let world: World;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  world.reports.length = 0;
});
afterEach(() => context.close());

const windowsOf = (model: string) => itemsOf(world, 'windows').filter((window) => window.model === model);

it('tells a model of onnxruntime-web and two of TensorFlow.js apart', { timeout: 120_000 }, async () => {
  const { page, errors } = await openLab(context, world, 'engines');
  const seen = await page.evaluate(async () => {
    const { tf, onnx, monitor, tfjs, ort, sound, zeros } = window.engines;
    await tf.setBackend('cpu');
    const bare = await onnx.InferenceSession.create('/vad/silero_vad_v5.onnx', {
      executionProviders: ['wasm'],
    });
    const expected = Number((await bare.run(sound())).output?.data[0]);

    const adapter = ort(onnx);
    let loaded: object | undefined;
    const voice = await monitor.load('voice', {
      adapter,
      url: '/vad/silero_vad_v5.onnx',
      load: async (url) => {
        const executionProviders = adapter.executionProviders();
        const session = await onnx.InferenceSession.create(url, { executionProviders });
        loaded = session;
        return session;
      },
    });
    const load = (name: string) =>
      monitor.load(name, {
        adapter: tfjs(tf),
        url: `/models/${name}.json`,
        load: (url) => tf.loadGraphModel(url),
      });
    const [emotion, liveness] = [await load('emotion'), await load('liveness')];
    const run = ({ model }: typeof emotion) => {
      const x = zeros(model);
      tf.dispose([model.predict(x) as import('@tensorflow/tfjs').Tensor, x]);
    };

    const results: number[] = [];
    const speak = async () => results.push(Number((await voice.model.run(sound())).output?.data[0]));
    for (let i = 0; i < 3; i++) {
      // At the same time: nothing of one may be counted for another.
      const speaking = speak();
      run(emotion);
      if (i < 2) run(liveness);
      await speaking;
    }
    const wrong = await voice.model.run({}).catch((error: Error) => error instanceof Error);
    await voice.model.release();
    await monitor.flush();
    return { results, expected, wrong, same: voice.model === loaded };
  });
  expect(seen.results).toEqual(Array(3).fill(seen.expected));
  expect(seen.expected).toBeGreaterThan(0);
  expect(seen).toMatchObject({ wrong: true, same: true });
  await until('windows of all three', () => ['voice', 'emotion', 'liveness'].every((m) => windowsOf(m)[0]));
  expect(windowsOf('voice')).toMatchObject([
    { engine: 'onnxruntime', backend: 'wasm-simd', count: 4, errors: 1, ready_method: 'return' },
  ]);
  expect(windowsOf('voice')[0]).not.toHaveProperty('memory');
  expect(windowsOf('emotion')).toMatchObject([{ backend: 'cpu', count: 3, ready_method: 'return' }]);
  expect(windowsOf('liveness')).toMatchObject([{ backend: 'cpu', count: 2, ready_method: 'return' }]);
  expect(
    itemsOf(world, 'loads')
      .map(({ model }) => model)
      .sort(),
  ).toEqual(['emotion', 'liveness', 'voice']);
  expect(itemsOf(world, 'incidents').filter(({ kind }) => kind === 'sdk_error')).toEqual([]);
  expect(errors).toEqual([]);
});

it('times the stages and frames of a pipeline of two models', { timeout: 120_000 }, async () => {
  const { page, errors } = await openLab(context, world, 'engines');
  await page.evaluate(async () => {
    const { tf, monitor, tfjs, any, zeros } = window.engines;
    await tf.setBackend('cpu');
    const adapter = tfjs(tf);
    const emotion = await tf.loadGraphModel('/models/emotion.json');
    monitor.wrap('emotion', emotion, { adapter });
    const smooth = { run: async (values: number[]) => values.map((value) => value / 2) };
    monitor.wrap('smooth', smooth, { adapter: any({ backend: 'cpu' }) });
    for (let i = 0; i < 5; i++) {
      const frame = monitor.stage('frame');
      const pre = monitor.stage('pre', { model: 'emotion' });
      const x = zeros(emotion);
      pre();
      const infer = monitor.stage('infer', { model: 'emotion' });
      const out = emotion.predict(x) as import('@tensorflow/tfjs').Tensor;
      const values = Array.from(out.dataSync());
      infer();
      const post = monitor.stage('post');
      await smooth.run(values);
      post();
      tf.dispose([x, out]);
      frame();
    }
    await monitor.flush();
  });
  await until('stages', () => itemsOf(world, 'stages').length >= 4);
  const stages = new Map(itemsOf(world, 'stages').map((stage) => [stage.stage, stage]));
  expect([...stages.keys()].sort()).toEqual(['frame', 'infer', 'post', 'pre']);
  for (const stage of stages.values()) expect(stage.count).toBe(5);
  expect(stages.get('infer')?.model).toBe('emotion');
  const frame = stages.get('frame');
  // Frames per second of the pipeline: spans over the time they were counted in.
  expect((frame?.count ?? 0) / ((frame?.duration_ms ?? 0) / 1000)).toBeGreaterThan(0.1);
  expect(windowsOf('smooth')).toMatchObject([{ engine: 'other', backend: 'cpu', count: 5 }]);
  expect(windowsOf('emotion')).toMatchObject([{ backend: 'cpu', count: 5 }]);
  expect(errors).toEqual([]);
});
