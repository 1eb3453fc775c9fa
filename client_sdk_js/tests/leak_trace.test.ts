/** `leakTrace`, with real models of TensorFlow.js: which sessions are traced, what they see, and what they leave behind. */

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { tfjs } from '../src/tfjs.js';
import '../src/tfjs/tensors.js';
import '../src/trace/trace.js';
import { FakeHost, settle } from './fake_host.js';
import './lazy_parts.js';

let host: FakeHost;
let monitor: Monitor;

const engine = tf.engine() as unknown as Record<string, unknown>;
const hooked = () => ['trackTensor', 'disposeTensor'].filter((name) => Object.hasOwn(engine, name));

beforeEach(async () => {
  await tf.setBackend('cpu');
  host = new FakeHost();
});
afterEach(() => {
  vi.restoreAllMocks();
  monitor.close();
  tf.disposeVariables();
  expect(hooked()).toEqual([]); // a monitor that is closed lets go of the engine
});

/** A watched model, when all lazy parts are there. */
async function start(options: Partial<MonitorOptions>) {
  monitor = createMonitor({
    app: 'lab',
    endpoint: 'https://c.example',
    host,
    remoteConfig: false,
    ...options,
  });
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 4, inputShape: [16] })] });
  const watched = monitor.wrap('face', model, { adapter: tfjs(tf) });
  for (let i = 0; i < 20; i++) await settle();
  return watched.model;
}

function predict(model: tf.Sequential, times: number, leak = true): void {
  for (let i = 0; i < times; i++) {
    const x = tf.ones([1, 16]);
    tf.dispose(model.predict(x));
    if (!leak) x.dispose();
  }
}

it('is off until it is asked for', async () => {
  await start({});
  expect(hooked()).toEqual([]);
  expect(monitor.snapshot().leaks).toBeUndefined();
});

it.each([
  [0.5, 0.49, true],
  [0.5, 0.51, false],
  [{ share: 0.01 }, 0.5, false],
  [{}, 0.999, true],
  [Number.NaN, 0, false],
])('traces the share of sessions that it says: %j at %d', async (leakTrace, chance, traces) => {
  host.random = () => chance;
  await start({ leakTrace });
  expect(hooked()).toHaveLength(traces ? 2 : 0);
});

it('tells what stays, then takes its hooks off', async () => {
  const model = await start({ leakTrace: { predictions: 100 } });
  for (let n = 0; n < 120; n++) {
    if (n === 60) {
      await settle();
      expect(monitor.snapshot().leaks).toMatchObject([
        {
          model: 'face',
          backend: 'cpu',
          predictions: 60,
          sites: [{ left: [{ shape: '1,16', dtype: 'float32' }] }],
        },
      ]);
    }
    expect(hooked()).toHaveLength(n < 100 ? 2 : 0);
    predict(model, 1);
  }
  await settle();
  const [traced] = monitor.snapshot().leaks ?? [];
  expect(traced?.predictions).toBe(100);
  expect(traced?.sites).toHaveLength(1);
  expect(traced?.sites[0]?.left[0]?.count).toBeGreaterThan(80);
});

it('says of a clean page that nothing grows', async () => {
  const told: unknown[] = [];
  const model = await start({ leakTrace: { predictions: 100 } });
  monitor.on('leak_trace', (trace) => told.push(trace));
  predict(model, 120, false);
  for (let i = 0; i < 5; i++) await settle();
  expect(told).toMatchObject([{ model: 'face', backend: 'cpu', predictions: 100, loads: 0, sites: [] }]);
});

it('keeps no tensor, and does not change what the engine counts', async () => {
  const model = await start({ leakTrace: 1 });
  const before = tf.engine().state.numTensors;
  predict(model, 80, false);
  expect(tf.engine().state.numTensors).toBe(before);
});

it('ends with the first fault of its own, which the page does not feel', async () => {
  const model = await start({ leakTrace: 1 });
  predict(model, 20);
  vi.spyOn(Error, 'captureStackTrace').mockImplementation(() => {
    throw new TypeError('broken');
  });
  expect(() => predict(model, 5)).not.toThrow();
  expect(hooked()).toEqual([]);
  expect(monitor.snapshot().incidents).toMatchObject([{ kind: 'sdk_error', error: 'TypeError' }]);
});

it('passes on what the engine throws', async () => {
  const mine = new Error('mine');
  engine.trackTensor = () => {
    throw mine;
  };
  await start({ leakTrace: 1 }).catch(() => undefined);
  expect(() => tf.ones([2])).toThrow(mine);
  delete engine.trackTensor;
});

it('hooks an engine once for all monitors of the page, until the last one is done', async () => {
  const first = await start({ leakTrace: { predictions: 30 } });
  const other = createMonitor({
    app: 'lab',
    endpoint: 'https://c.example',
    host: new FakeHost(),
    remoteConfig: false,
    leakTrace: { predictions: 60 },
  });
  const second = other.wrap(
    'hand',
    tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [16] })] }),
    { adapter: tfjs(tf) },
  );
  for (let i = 0; i < 20; i++) await settle();
  predict(first, 30);
  expect(hooked()).toHaveLength(2);
  predict(second.model as tf.Sequential, 60);
  expect(hooked()).toEqual([]);
  other.close();
});
