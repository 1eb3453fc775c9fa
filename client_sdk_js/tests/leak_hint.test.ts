/** The hint on the developer's console, with real models of TensorFlow.js. */

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { hints } from '../src/later/leak_hint.js';
import { tfjs } from '../src/tfjs.js';
import { FakeHost, settle } from './fake_host.js';

let host: FakeHost;
let monitor: Monitor;
let told: string[];

beforeEach(async () => {
  await tf.setBackend('cpu');
  host = new FakeHost();
  told = [];
  vi.spyOn(console, 'warn').mockImplementation((text) => {
    if (String(text).startsWith('inferfleet')) told.push(text); // TensorFlow.js greets Node.js by a warning
  });
});
afterEach(() => {
  monitor.close();
  vi.restoreAllMocks();
  tf.disposeVariables();
});

async function start(options: Partial<MonitorOptions> = {}): Promise<void> {
  monitor = createMonitor({
    app: 'lab',
    endpoint: 'https://c.example',
    host,
    remoteConfig: false,
    dev: true,
    ...options,
  });
}

const dense = () => tf.sequential({ layers: [tf.layers.dense({ units: 64, inputShape: [16] })] });

/** A watched model that predicts once, at 20 a second, and gives its output. */
async function watched(name: string) {
  const { model } = monitor.wrap(name, dense(), { adapter: tfjs(tf) });
  for (let i = 0; i < 10; i++) await settle(); // the lazy parts, one after the other
  return {
    model,
    predict(): tf.Tensor {
      host.time += 50;
      const x = tf.ones([1, 16]);
      const y = model.predict(x) as tf.Tensor;
      x.dispose();
      return y;
    },
  };
}

describe('a model that leaks', () => {
  it('is named once, with its slope and size', async () => {
    await start();
    const face = await watched('face');
    for (let i = 0; i < 1_000; i++) face.predict();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /^inferfleet: face leaks 1\.0 tensors per prediction \(about 0\.3 KiB\) since prediction 5: 256 in the last 256 predictions\. .*tf\.tidy.*dispose/,
    );
  });

  it('is told also when it leaks one in four and keeps results in flight', async () => {
    await start();
    const face = await watched('face');
    const flying: tf.Tensor[] = [];
    for (let i = 0; i < 2_000; i++) {
      flying.push(face.predict());
      if (flying.length > 3) {
        const oldest = flying.shift();
        if (i % 4) oldest?.dispose();
      }
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/face leaks 0\.2\d tensors per prediction/);
  });

  it('is told apart from a clean one that runs more seldom, or more often', async () => {
    for (const leaky of [0, 1]) {
      told.length = 0;
      await start();
      const models = [await watched('often'), await watched('seldom')];
      for (let i = 0; i < 1_200; i++) {
        for (const [k, { predict }] of models.entries()) {
          if (k && i % 10) continue;
          const y = predict();
          if (k !== leaky) y.dispose();
        }
      }
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(
        leaky ? /: seldom leaks (0\.9\d|1\.0) tensors/ : /: often leaks (0\.9\d|1\.0) tensors/,
      );
      monitor.close();
    }
  });

  it('is told together with the one that it always runs after: nothing says which it is', async () => {
    await start();
    const [face, mesh] = [await watched('face'), await watched('mesh')];
    for (let i = 0; i < 600; i++) {
      face.predict();
      mesh.predict().dispose();
    }
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /: face or mesh \(they run in turn.*\) leaks (0\.9\d|1\.0) tensors per prediction/,
    );
  });
});

describe('nothing is told', () => {
  it('of a clean model, through 3,000 predictions', async () => {
    await start();
    const face = await watched('face');
    for (let i = 0; i < 3_000; i++) face.predict().dispose();
    expect(told).toEqual([]);
  });

  it('of a page that keeps its last 40 results', async () => {
    await start();
    const face = await watched('face');
    const kept: tf.Tensor[] = [];
    for (let i = 0; i < 1_000; i++) {
      kept.push(face.predict());
      if (kept.length > 40) kept.shift()?.dispose();
    }
    expect(told).toEqual([]);
    tf.dispose(kept);
  });

  it('of a page that loads and lets go of model after model', async () => {
    await start();
    for (let k = 0; k < 12; k++) {
      const face = await watched(`face${k}`);
      for (let i = 0; i < 60; i++) face.predict().dispose();
      if (k % 2) face.model.dispose(); // every other one stays in memory
    }
    expect(told).toEqual([]);
  });

  it('outside development, and nothing is hooked then', async () => {
    await start({ dev: false });
    const face = await watched('face');
    for (let i = 0; i < 600; i++) face.predict();
    expect(told).toEqual([]);
  });

  it('without consent', async () => {
    await start({ consent: false });
    const face = await watched('face');
    for (let i = 0; i < 600; i++) face.predict();
    expect(told).toEqual([]);
  });
});

it('counts a fault of its own, and the model goes on', async () => {
  await start();
  const adapter = { ...tfjs(tf) };
  const memory = vi.fn(() => tfjs(tf).memory());
  adapter.memory = memory;
  const { model } = monitor.wrap('face', dense(), { adapter });
  for (let i = 0; i < 10; i++) await settle();
  memory.mockImplementationOnce(() => {
    throw new RangeError('spoilt');
  });
  const faults: string[] = [];
  monitor.on('incident', ({ kind }) => faults.push(kind));
  expect(model.predict(tf.ones([1, 16]))).toBeInstanceOf(tf.Tensor);
  model.predict(tf.ones([1, 16]));
  expect(faults).toEqual(['sdk_error']);
  expect(monitor.snapshot().models[0]?.count).toBe(2);
});

it('names the only one that never ran alone when the others are cleared', () => {
  const growth = { tensors: 1, bytes: 1_024, predictions: 100, total: 100 };
  const cleared = { name: 'often', counted: 80, alone: 70, added: 0 };
  const [hint, ...more] = hints(growth, [cleared, { name: 'seldom', counted: 20, alone: 0, added: 0 }]);
  expect(hint).toContain('seldom leaks 5.0 tensors per prediction (about 5.0 KiB)');
  expect(more).toEqual([]);
});

it('speaks of no bytes and of no tidy() where a library counts none', () => {
  const growth = { tensors: 1, bytes: 0, predictions: 100, total: 100 };
  const [hint] = hints(growth, [{ name: 'litert', counted: 100, alone: 99, added: 99 }]);
  expect(hint).toBe(
    'inferfleet: litert leaks 1.0 tensors per prediction since prediction 5: 100 in the last 100 predictions. ' +
      'Free what it returns.',
  );
});

describe('a model that is loaded anew for each task', () => {
  const tasks = async (after: (model: tf.LayersModel) => void) => {
    await start();
    await watched('face');
    for (let task = 0; task < 300; task++) {
      const model = dense();
      monitor.wrap('face', model, { adapter: tfjs(tf) });
      host.time += 500;
      tf.tidy(() => void model.predict(tf.ones([1, 16])));
      after(model);
    }
  };

  it('and not disposed of is named, with its loads', async () => {
    await tasks(() => undefined);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/face leaks 2\.0 tensors per prediction .* loaded \d+ times meanwhile/);
  });

  it('and disposed of is not', async () => {
    await tasks((model) => model.dispose());
    expect(told).toEqual([]);
  });
});
