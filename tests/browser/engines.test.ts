import { expect, it } from 'vitest';
import { itemsOf, totalOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

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
  // Of onnxruntime-web: its sessions, of which predictions make none.
  const { tensors: [sessions, ...made] = [] } = windowsOf('voice')[0]?.memory ?? {};
  expect(sessions).toBeGreaterThan(0);
  expect(made.filter(Boolean)).toEqual([]);
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

it('times the stages and frames of a pipeline of two real models', { timeout: 120_000 }, async () => {
  const { page, errors } = await openLab(context, world, 'engines');
  const FRAMES = 12;
  const elapsed = await page.evaluate(async (frames) => {
    const { tf, monitor, tfjs, zeros } = window.engines;
    await tf.setBackend('cpu');
    const adapter = tfjs(tf);
    const finder = await tf.loadGraphModel('/models/emotion.json');
    const judge = await tf.loadGraphModel('/models/liveness.json');
    monitor.wrap('emotion', finder, { adapter });
    monitor.wrap('liveness', judge, { adapter });
    const infer = (name: string, model: typeof finder, x: import('@tensorflow/tfjs').Tensor) => {
      const end = monitor.stage('infer', { model: name });
      const out = model.predict(x) as import('@tensorflow/tfjs').Tensor;
      const values = out.dataSync();
      tf.dispose(out);
      end();
      return values;
    };
    const began = performance.now();
    for (let i = 0; i < frames; i++) {
      const frame = monitor.stage('frame');
      const pre = monitor.stage('pre');
      const [x, y] = [zeros(finder), zeros(judge)];
      pre();
      const [feeling, living] = [infer('emotion', finder, x), infer('liveness', judge, y)];
      const post = monitor.stage('post');
      if (![...feeling, ...living].every(Number.isFinite)) throw new Error('not a number');
      tf.dispose([x, y]);
      post();
      if (i % 3 === 0) monitor.stage('alarm')();
      frame();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const elapsed = performance.now() - began;
    await monitor.flush();
    return elapsed;
  }, FRAMES);
  await until('stages', () => itemsOf(world, 'stages').length >= 6);
  const counts = itemsOf(world, 'stages').map(
    ({ stage, model, count }) => `${stage} ${model ?? ''} ${count}`,
  );
  expect(counts.sort()).toEqual([
    'alarm  4',
    'frame  12',
    'infer emotion 12',
    'infer liveness 12',
    'post  12',
    'pre  12',
  ]);
  for (const { span_ms, count } of itemsOf(world, 'stages')) expect(totalOf(span_ms)).toBe(count);
  const frame = itemsOf(world, 'stages').find(({ stage }) => stage === 'frame');
  // Frames per second of the pipeline: frames over the time they were counted in, until the report was made.
  const rate = (FRAMES * 1000) / elapsed;
  const told = ((frame?.count ?? 0) * 1000) / (frame?.duration_ms ?? 0);
  expect(told / rate).toBeGreaterThan(0.5);
  expect(told / rate).toBeLessThan(1.05);
  expect(windowsOf('emotion')).toMatchObject([{ backend: 'cpu', count: FRAMES }]);
  expect(windowsOf('liveness')).toMatchObject([{ backend: 'cpu', count: FRAMES }]);
  expect(errors).toEqual([]);
});

it('holds on to no more memory, however many frames a pipeline makes', { timeout: 120_000 }, async () => {
  const { page } = await openLab(context, world, 'engines');
  await page.waitForFunction(() => window.engines);
  const session = await context.newCDPSession(page);
  const frames = (count: number) =>
    page.evaluate((count) => {
      const { monitor } = window.engines;
      for (let i = 0; i < count; i++) {
        const frame = monitor.stage('frame');
        monitor.stage('pre', { model: 'face' })();
        monitor.stage('infer', { model: 'face' })();
        monitor.stage(`one of ${i % 40}`.replaceAll(' ', '-'))(); // more names than are kept
        frame();
      }
    }, count);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize;
  };
  await frames(20_000);
  const before = await heap();
  await frames(200_000);
  // Four spans a frame: 800,000 numbers of 8 bytes would be 6.4 MB.
  expect((await heap()) - before).toBeLessThan(512 * 1024);
  await page.evaluate(() => window.engines.monitor.flush());
  const stages = itemsOf(world, 'stages');
  expect(stages.length).toBeLessThanOrEqual(32);
  expect(stages.find(({ stage }) => stage === 'frame')?.count).toBe(220_000);
});
