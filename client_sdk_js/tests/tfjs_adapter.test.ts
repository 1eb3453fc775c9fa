import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMonitor, type Monitor } from '../src/index.js';
import { tfjs } from '../src/tfjs.js';
import { FakeHost, settle } from './fake_host.js';

let host: FakeHost;
let monitor: Monitor;
let model: tf.Sequential;

beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => {
  host = new FakeHost();
  monitor = createMonitor({ app: 'lab', endpoint: '', host, remoteConfig: false });
  model = tf.sequential({
    layers: [tf.layers.dense({ units: 2, inputShape: [3], kernelInitializer: 'ones' })],
  });
});

/** Of the first model; the part that makes it is loaded lazily. */
const snapshot = async () => {
  await settle();
  return monitor.snapshot().models[0];
};

describe('a TensorFlow.js model under observation', () => {
  it('returns plain tensors with the same values, and counts one prediction a call', async () => {
    const x = tf.tensor2d([[1, 2, 3]]);
    const before = await (model.predict(x) as tf.Tensor).data();
    const face = monitor.wrap('mlp', model, { adapter: tfjs(tf) });
    const out = face.model.predict(x) as tf.Tensor;
    expect(Object.getOwnPropertyNames(out)).toEqual(Object.getOwnPropertyNames(model.predictOnBatch(x)));
    expect(await out.data()).toEqual(before);
    expect(face.model).toBe(model);
    expect(face.model).toBeInstanceOf(tf.Sequential);
    expect(Object.keys(face.model)).not.toContain('predict');
    expect(await snapshot()).toMatchObject({ count: 2, errors: 0, backend: 'cpu' });
  });

  it('throws the very error that the model throws', async () => {
    const own = new Error('shape');
    const failing = {
      predict() {
        throw own;
      },
    };
    monitor.wrap('failing', failing, { adapter: tfjs(tf) });
    expect(() => failing.predict()).toThrow(own);
    expect(await snapshot()).toMatchObject({ count: 1, errors: 1 });
  });

  it('rejects with the very error, once, when a promise rejects', async () => {
    const own = new Error('async');
    const failing = { executeAsync: () => Promise.reject(own) };
    monitor.wrap('failing', failing, { adapter: tfjs(tf) });
    await expect(failing.executeAsync()).rejects.toBe(own);
    expect(await snapshot()).toMatchObject({ count: 1, errors: 1 });
  });

  it('calls through `this` and counts predict() that goes through execute() once', async () => {
    class Graph {
      readonly factor = 3;
      predict(x: number) {
        return this.execute(x);
      }
      execute(x: number) {
        return x * this.factor;
      }
    }
    const graph = new Graph();
    monitor.wrap('graph', graph, { adapter: tfjs(tf) });
    expect(graph.predict(5)).toBe(15);
    expect((await snapshot())?.count).toBe(1);
    expect(graph.execute(5)).toBe(15);
    expect((await snapshot())?.count).toBe(2);
  });

  it('is put back by unwrap, also when somebody wrapped it after us', async () => {
    const prototype = Object.getPrototypeOf(model).predict;
    const handle = monitor.wrap('mlp', model, { adapter: tfjs(tf) });
    const ours = model.predict;
    const theirs: typeof model.predict = (...args) => ours.apply(model, args);
    handle.unwrap();
    expect(model.predict).toBe(prototype);

    const again = monitor.wrap('mlp', model, { adapter: tfjs(tf) });
    model.predict = theirs;
    again.unwrap();
    expect(model.predict).toBe(theirs);
    expect(() => model.predict(tf.ones([1, 3]))).not.toThrow();
  });

  it('is let go when the page disposes of it, its last window sent', async () => {
    monitor.wrap('mlp', model, { adapter: tfjs(tf) });
    tf.dispose(model.predict(tf.ones([1, 3])));
    expect(model.dispose().refCountAfterDispose).toBe(0);
    expect(monitor.snapshot().models).toEqual([]);
    expect(Object.getOwnPropertyNames(model)).not.toContain('predict');
    await monitor.flush();
    expect(host.sent[0]?.report.windows).toMatchObject([{ model: 'mlp', count: 1 }]);
  });

  it('works as it came when it is frozen', async () => {
    const frozen = Object.freeze({ predict: (x: number) => x + 1 });
    const handle = monitor.wrap('frozen', frozen, { adapter: tfjs(tf) });
    expect(handle.model.predict(1)).toBe(2);
    await monitor.flush();
    expect(host.sent[0]?.report.incidents).toMatchObject([{ kind: 'sdk_error', error: 'TypeError' }]);
  });

  it.each([
    ['webgl', { numBytesInGPUAllocated: 130_000_000 }, undefined, { gpu_allocated_bytes: 130_000_000 }],
    ['webgpu', { numBytesAllocatedInGPU: 36_000_000 }, undefined, { gpu_allocated_bytes: 36_000_000 }],
    ['wasm', {}, new Uint8Array(1 << 20), { heap_bytes: 1 << 20 }],
  ])('tells what %s holds beside what is in use', (backendName, counted, HEAPU8, held) => {
    const backendInstance = {
      memory: () => ({ unreliable: false, ...counted }),
      wasm: HEAPU8 && { HEAPU8 },
    };
    const engine = { backendInstance, backendName, registry: {}, state: { numTensors: 4, numBytes: 1_120 } };
    const holding = { ...tf, engine: () => engine } as unknown as typeof tf;
    const told = Object.entries(tfjs(holding).memory() ?? {}).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(told)).toEqual({ tensors: 4, bytes: 1_120, ...held });
  });

  it('shows two tensors more for each executeAsync that failed', async () => {
    const failing = await squaring();
    monitor.wrap('graph', failing, { adapter: tfjs(tf) });
    const [good, wrong] = [tf.ones([2, 2]), tf.ones([1, 2])];
    for (let i = 0; i < 6; i++) {
      await expect(failing.executeAsync({ x: wrong })).rejects.toThrow();
      tf.dispose(await failing.executeAsync({ x: good }));
    }
    expect((await snapshot())?.tensors_per_prediction).toBe(1); // two for every second call
    await monitor.flush();
    const [window] = host.sent[0]?.report.windows ?? [];
    expect(window).toMatchObject({ count: 12, errors: 6 });
    expect(window?.memory?.tensors.slice(1)).toEqual([2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2]);
  });

  it('does not start a backend by being asked about', async () => {
    const engine = { backendInstance: null, backendName: '', registry: {}, state: {} };
    const asleep = { ...tf, engine: () => engine } as unknown as typeof tf;
    expect(tfjs(asleep).executor()).toEqual({ backend: 'other' });
    expect(tfjs(asleep).memory()).toBeUndefined();
  });
});

/** Multiplies what comes in with itself, which only a square can: of a failed executeAsync both factors are left. */
function squaring(): Promise<tf.GraphModel> {
  const float = { T: { type: 'DT_FLOAT' } };
  const anyShape = { shape: { dim: [{ size: '-1' }, { size: '-1' }] } };
  const node = [
    { name: 'x', op: 'Placeholder', attr: { dtype: float.T, ...anyShape } },
    { name: 'a', op: 'Relu', input: ['x'], attr: float },
    { name: 'b', op: 'Relu', input: ['x'], attr: float },
    {
      name: 'y',
      op: 'MatMul',
      input: ['a', 'b'],
      attr: { ...float, transpose_a: { b: false }, transpose_b: { b: false } },
    },
    { name: 'where', op: 'Where', input: ['y'], attr: float },
  ];
  const modelTopology = { node, library: {}, versions: {} };
  return tf.loadGraphModel(
    tf.io.fromMemory({ modelTopology, weightSpecs: [], weightData: new ArrayBuffer(0) }),
  );
}
