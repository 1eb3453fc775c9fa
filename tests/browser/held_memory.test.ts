/** Memory that TensorFlow.js holds beside what its tensors use, which `tf.memory()` does not tell. */

import { expect, it } from 'vitest';
import { absolute, itemsOf } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const MIB = 1 << 20;

it.each([
  ['webgl', 'plain'],
  ['webgpu', 'plain'],
] as const)(
  'shows the pool of %s, which each new input size fills further',
  { timeout: 150_000 },
  async (backend, kind) => {
    const { page, errors } = await openLab(context, world, kind);
    await page.evaluate(async (backend) => {
      const { tf, tfjs, monitor } = window.lab;
      await tf.setBackend(backend);
      const conv = tf.layers.conv2d({ filters: 8, kernelSize: 3, inputShape: [null, null, 3] as never });
      const watching = monitor({ remoteConfig: false, hangMs: 140_000 });
      const { model } = watching.wrap('crops', tf.sequential({ layers: [conv] }), { adapter: tfjs(tf) });
      const crop = async (size: number) => {
        const x = tf.zeros([1, size, size, 3]);
        const out = model.predict(x) as import('@tensorflow/tfjs').Tensor;
        await out.data();
        tf.dispose([out, x]);
      };
      for (let n = 0; n < 6; n++) await crop(100 + 24 * n);
      for (let n = 0; n < 4; n++) await crop(100 + 24 * n); // textures of these sizes wait in the pool
      await watching.flush();
    }, backend);
    const [crops] = itemsOf(world, 'windows');
    expect(crops).toMatchObject({ backend, count: 10 });
    const held = absolute(crops?.memory?.gpu_allocated_bytes ?? []);
    const inUse = absolute(crops?.memory?.gpu_bytes ?? []);
    expect(held.length).toBe(inUse.length);
    expect(held.length).toBeGreaterThan(6);
    // Looked at before each prediction: the first made the weights' textures.
    for (let n = 2; n < 7; n++) expect(held[n]).toBeGreaterThan(held[n - 1] as number);
    expect(held.at(-1)).toBe(held[6]);
    expect(Math.max(...inUse)).toBeLessThan(MIB / 4);
    expect(held.at(-1)).toBeGreaterThan(MIB);
    expect(errors).toEqual([]);
  },
);

it('shows the heap of wasm, which one large tensor enlarges for ever', { timeout: 60_000 }, async () => {
  const { page, errors } = await openLab(context, world, 'plain');
  await page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    await tf.setBackend('wasm');
    const predict = (size: number) => tf.tidy(() => tf.zeros([size]).add(1).dataSync().length);
    const watching = monitor({ remoteConfig: false });
    const { model } = watching.wrap('audio', { predict }, { adapter: tfjs(tf) });
    for (const size of [1_000, 1_000, 16 << 20, 1_000, 1_000]) model.predict(size);
    await watching.flush();
  });
  const [audio] = itemsOf(world, 'windows');
  expect(audio).toMatchObject({ count: 5 });
  expect(audio?.memory?.tensors.slice(1).every((change) => change === 0)).toBe(true);
  const heap = absolute(audio?.memory?.heap_bytes ?? []);
  expect(heap[0]).toBeLessThan(64 * MIB);
  expect(heap.at(-1)).toBeGreaterThan(128 * MIB);
  expect(audio?.memory).not.toHaveProperty('gpu_allocated_bytes');
  expect(errors).toEqual([]);
});
