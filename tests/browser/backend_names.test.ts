/** What a window says a model ran on: what it did run on, whatever that is called in the page. */

import { expect, it } from 'vitest';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

interface Seen {
  model: string;
  backend: string;
  threads?: number | undefined;
}

it('is a backend’s kind, under whatever name the page or a library registered it', {
  timeout: 120_000,
}, async () => {
  const { page, errors } = await openLab(context, world, 'isolated');
  const seen = await page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    const watching = monitor({ remoteConfig: false });
    const windows: Seen[] = [];
    watching.on('window', ({ model, backend }) => windows.push({ model, backend }));
    for (const [kind, name] of [
      ['webgl', 'humangl'], // as @vladmandic/human does
      ['webgpu', 'own-gpu'],
      ['wasm', 'own-wasm'],
      ['cpu', 'own-cpu'],
    ] as const) {
      tf.registerBackend(name, tf.findBackendFactory(kind));
      tf.copyRegisteredKernels(kind, name);
      await tf.setBackend(name);
      const model = { predict: (x: import('@tensorflow/tfjs').Tensor) => tf.add(x, 1) };
      const { unwrap } = watching.wrap(name, model, { adapter: tfjs(tf) });
      await model.predict(tf.tensor1d([1])).data();
      unwrap();
    }
    return windows;
  });
  expect(seen).toEqual([
    { model: 'humangl', backend: 'webgl' },
    { model: 'own-gpu', backend: 'webgpu' },
    { model: 'own-wasm', backend: 'wasm-simd-threads' },
    { model: 'own-cpu', backend: 'cpu' },
  ]);
  expect(errors).toEqual([]);
});

it('has threads only where the binary has them', { timeout: 120_000 }, async () => {
  const { page } = await openLab(context, world, 'isolated');
  const seen = await page.evaluate(async () => {
    const { tf, tfjs, wasm, monitor } = window.lab;
    const watching = monitor({ remoteConfig: false });
    const windows: Seen[] = [];
    watching.on('window', ({ model, backend, threads }) => windows.push({ model, backend, threads }));
    // One file, which is never the one with threads; the engine's flags say that it could have them.
    wasm.setWasmPath('/wasm/tfjs-backend-wasm-simd.wasm');
    await tf.setBackend('wasm');
    const model = { predict: (x: import('@tensorflow/tfjs').Tensor) => tf.add(x, 1) };
    watching.wrap('one_file', model, { adapter: tfjs(tf) });
    await model.predict(tf.tensor1d([1])).data();
    watching.close();
    return windows;
  });
  expect(seen).toEqual([{ model: 'one_file', backend: 'wasm-simd' }]);
});
