import { beforeEach, expect, it } from 'vitest';
import type { ConfigDocument } from '../../client_sdk_js/src/generated/config.js';
import { itemsOf, totalOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(() => {
  world.config = undefined;
});

it.each(['cpu', 'wasm', 'webgl'] as const)(
  'leaves every method of a GraphModel and a LayersModel as it is on %s, both at once',
  { timeout: 240_000 },
  async (backend) => {
    const { page, errors } = await openLab(context, world);
    const seen = await page.evaluate(async (backend) => {
      type Tensor = import('@tensorflow/tfjs').Tensor;
      type Call = (x: Tensor) => unknown;
      const { tf, tfjs, monitor } = window.lab;
      await tf.setBackend(backend);
      const watching = monitor({ remoteConfig: false, hangMs: 140_000, kernelEvery: 0 });
      const graph = await tf.loadGraphModel('/models/liveness.json');
      const layers = tf.sequential({
        layers: [tf.layers.dense({ units: 3, inputShape: [4], kernelInitializer: 'ones' })],
      });
      const shape = (graph.inputs[0]?.shape ?? []).map((size) => Math.max(1, size));
      const image = tf.fill(shape, 0.25);
      const row = tf.tensor2d([[1, 2, 3, 4]]);
      const wrong = tf.ones([2, 2, 2]);
      const calls: Record<string, [Call, Tensor]> = {
        'graph.predict': [(x) => graph.predict(x), image],
        'graph.execute': [(x) => graph.execute(x), image],
        'graph.execute by name': [(x) => graph.execute({ [graph.inputs[0]?.name ?? '']: x }), image],
        'graph.executeAsync': [(x) => graph.executeAsync(x), image],
        'graph.predictAsync': [(x) => graph.predictAsync(x), image],
        'layers.predict': [(x) => layers.predict(x), row],
        'layers.predictOnBatch': [(x) => layers.predictOnBatch(x), row],
      };
      /** What a call gives: whether at once, its shape and values, or its error. */
      const outcome = async (call: Call, x: Tensor) => {
        let result: unknown;
        try {
          result = call(x);
        } catch (error) {
          return `threw ${error}`;
        }
        const isPromise = result instanceof Promise;
        try {
          const outputs = [(await result) as Tensor | Tensor[]].flat();
          const values = await Promise.all(outputs.map((each) => each.data()));
          const told = outputs.map((each, i) => `${each.constructor.name} ${each.shape} ${values[i]}`);
          tf.dispose(outputs);
          return `${isPromise ? 'resolved' : 'returned'} ${Array.isArray(result)} ${told}`;
        } catch (error) {
          return `rejected ${error}`;
        }
      };
      const all = async () => {
        const outcomes: Record<string, string[]> = {};
        for (const [name, [call, x]] of Object.entries(calls))
          outcomes[name] = [await outcome(call, x), await outcome(call, wrong)];
        return outcomes;
      };
      const bare = await all();
      const tensors = tf.memory().numTensors;
      const adapter = tfjs(tf);
      const handles = [
        watching.wrap('graph', graph, { adapter }),
        watching.wrap('layers', layers, { adapter }),
      ];
      const again = [
        watching.wrap('graph', graph, { adapter }),
        watching.wrap('layers', layers, { adapter }),
      ];
      const watched = await all();
      await watching.flush();
      const snapshots = watching
        .snapshot()
        .models.map(({ model, count, errors }) => `${model} ${count} ${errors}`);
      for (const handle of [...handles, ...handles]) handle.unwrap();
      const own = [graph, layers].flatMap((model) =>
        Object.getOwnPropertyNames(model).filter((name) => /^(predict|execute|dispose)/.test(name)),
      );
      const unwrapped = await all();
      await watching.flush();
      return {
        bare,
        watched,
        unwrapped,
        snapshots,
        own,
        sameHandles: handles.every((handle, i) => handle === again[i]),
        leaked: tf.memory().numTensors - tensors,
      };
    }, backend);

    expect(Object.values(seen.bare).map(([fine]) => fine?.split(' ')[0])).toEqual([
      'returned',
      'returned',
      'returned',
      'resolved',
      'resolved',
      'returned',
      'returned',
    ]);
    for (const [, failed] of Object.values(seen.bare)) expect(failed).toMatch(/^(threw|rejected) Error: /);
    expect(seen.watched).toEqual(seen.bare);
    expect(seen.unwrapped).toEqual(seen.bare);
    expect(seen).toMatchObject({ own: [], sameHandles: true, leaked: 0 });
    expect(seen.snapshots).toEqual(['graph 10 5', 'layers 4 2']);
    await until('both', () => itemsOf(world, 'windows').reduce((sum, { count }) => sum + count, 0) === 14);
    for (const { model, ready_method, ready_ms } of itemsOf(world, 'windows')) {
      expect(ready_method).toBe(backend === 'webgl' ? 'read' : 'return');
      expect(ready_ms && totalOf(ready_ms)).toBe(model === 'graph' ? 5 : 2);
    }
    expect(errors).toEqual([]);
  },
);

const plan = (rest: Partial<ConfigDocument>, wasm_threads: number | null = null) => ({
  document: JSON.stringify({
    app: 'lab',
    version: 4,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: { mlp: { arms: [{ backend: 'wasm', probability: 1 }], fallbacks: ['cpu'], wasm_threads } },
    ...rest,
  } satisfies ConfigDocument),
});

/** Loads a small model the way the plan says, where the page itself looks for wasm files in `folder`. */
async function loadByPlan(kind: 'plain' | 'isolated', folder: string) {
  const { page, errors } = await openLab(context, world, kind);
  const requested: string[] = [];
  page.on('request', (request) => {
    if (/\.wasm$/.test(request.url())) requested.push(`${request.method()} ${request.url()}`);
  });
  const loaded = await page.evaluate(async (folder) => {
    const { tf, wasm, tfjs, monitor } = window.lab;
    wasm.setWasmPaths(folder);
    const watching = monitor({ configBudgetMs: 5_000 });
    const { model, backend, source } = await watching.load('mlp', {
      adapter: tfjs(tf, { wasm }),
      load: async () =>
        tf.sequential({
          layers: [tf.layers.dense({ units: 8, inputShape: [8], kernelInitializer: 'ones' })],
        }),
    });
    const [value] = await (model.predict(tf.ones([2, 8])) as import('@tensorflow/tfjs').Tensor).data();
    await watching.flush();
    return `${source} ${backend} ${value}`;
  }, folder);
  expect(errors).toEqual([]);
  return { loaded, requested };
}

it('takes the threads and the wasm files of the plan', { timeout: 60_000 }, async () => {
  world.config = plan({ wasm_paths: '/wasm' }, 3);
  // TensorFlow.js starts half as many threads as there are cores, and takes no more than that.
  await context.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 8 }));
  const { loaded, requested } = await loadByPlan('isolated', '/nowhere/');
  expect(loaded).toBe('config wasm-simd-threads 8');
  const asked = (flavour: string) => `HEAD ${world.origin}/wasm/tfjs-backend-wasm${flavour}.wasm`;
  expect(requested).toEqual([
    asked(''),
    asked('-simd'),
    asked('-threaded-simd'),
    `GET ${world.origin}/wasm/tfjs-backend-wasm-threaded-simd.wasm`,
  ]);
  expect(itemsOf(world, 'windows')).toMatchObject([{ backend: 'wasm-simd-threads', threads: 3, count: 1 }]);
});

it.each([
  ['on an origin that the page did not name', () => world.origin.replace('127.0.0.1', 'localhost')],
  ['that are not there', () => `${world.origin}/nowhere`],
])('keeps its own wasm files before those of a plan %s', async (_, origin) => {
  world.config = plan({ wasm_paths: `${origin()}/` });
  const { loaded, requested } = await loadByPlan('plain', '/wasm/');
  expect(loaded).toBe('config wasm-simd 8');
  expect(requested.filter((request) => /^GET/.test(request))).toEqual([
    `GET ${world.origin}/wasm/tfjs-backend-wasm-simd.wasm`,
  ]);
  expect(requested.filter((request) => /localhost/.test(request))).toEqual([]);
});
