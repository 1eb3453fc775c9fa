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

  it('does not start a backend by being asked about', async () => {
    const engine = { backendInstance: null, backendName: '', registry: {}, state: {} };
    const asleep = { ...tf, engine: () => engine } as unknown as typeof tf;
    expect(tfjs(asleep).executor()).toEqual({ backend: 'other' });
    expect(tfjs(asleep).memory()).toBeUndefined();
  });
});
