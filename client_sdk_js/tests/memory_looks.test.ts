/** The live slope of a model is of what its own predictions leave, whatever else comes and goes on the engine. */

import { expect, it } from 'vitest';
import { fakeModel } from './fake_adapter.js';
import { adapter, host, monitor, start, useFakeHost } from './monitor_on_fake_host.js';

useFakeHost();

const WEIGHTS = 100;
const slopeOf = (name: string) =>
  monitor.snapshot().models.find(({ model }) => model === name)?.tensors_per_prediction;

/** A model that holds its weights until it is disposed of. */
function load(name: string) {
  adapter.tensors += WEIGHTS;
  const handle = monitor.wrap(name, fakeModel(''), { adapter });
  return {
    predict(times: number, leaves = 0) {
      for (let i = 0; i < times; i++) {
        handle.model.predict(1);
        adapter.tensors += leaves;
      }
    },
    dispose() {
      adapter.tensors -= WEIGHTS;
      handle.unwrap();
    },
  };
}
async function main() {
  adapter.current = 'cpu';
  start();
  const model = load('main');
  await host.advance(10);
  model.predict(50);
  return model;
}

it('leaves out the weights of models that are loaded beside it', async () => {
  const model = await main();
  const others = ['hands', 'pose', 'face'].map((name) => {
    const other = load(name);
    model.predict(20);
    return other;
  });
  expect(slopeOf('main')).toBe(0);
  for (const other of others) {
    other.dispose();
    model.predict(20);
  }
  expect(slopeOf('main')).toBe(0);
});

it('keeps what each prediction leaves, also while others come and go', async () => {
  const model = await main();
  model.predict(100, 1);
  const other = load('hands');
  model.predict(100, 1);
  other.dispose();
  model.predict(101, 1);
  expect(slopeOf('main')).toBeGreaterThan(0.8);
  expect(slopeOf('main')).toBeLessThanOrEqual(1);
});

it('grows by the weights of loads under its own name that nobody disposed of', async () => {
  await main();
  for (let i = 0; i < 10; i++) load('main').predict(10);
  expect(slopeOf('main')).toBeGreaterThan(5);
});

it('starts anew when the page throws all tensors away', async () => {
  await main();
  adapter.tensors = 0;
  const model = load('again');
  model.predict(10);
  expect(slopeOf('again')).toBe(0);
  adapter.tensors = 0;
  model.predict(6);
  expect(slopeOf('again')).toBeUndefined();
  model.predict(100, 1);
  expect(slopeOf('again')).toBeCloseTo(1, 1);
});

it('tells of memory as soon as it is there, also of what was predicted before', async () => {
  adapter.current = 'cpu';
  start();
  load('main').predict(1);
  expect(monitor.snapshot().models[0]?.tensors).toBeUndefined();
  await host.advance(10);
  expect(monitor.snapshot().models[0]?.tensors).toBe(adapter.tensors);
});
