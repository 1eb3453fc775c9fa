/** A model of LiteRT under `any()`, on the CPU: what the README says of it. */

import { expect, it } from 'vitest';
import { absolute, itemsOf } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

it('sees results that were not deleted, and the runs of a signature', { timeout: 90_000 }, async () => {
  const { page, errors } = await openLab(context, world, 'engines');
  const seen = await page.evaluate(async () => {
    const { litert, any, monitor, addModel } = window.engines;
    const { liteRtWasm } = await litert.loadLiteRt('/litert/');
    const model = await litert.loadAndCompile(addModel(), { accelerator: 'wasm' });
    const { detect } = model.signatures;
    if (!detect) throw new Error('no signature');
    const adapter = any({
      engine: 'litert',
      backend: () => (model.options.accelerator === 'wasm' ? 'wasm-simd' : 'webgpu'),
      threads: () => liteRtWasm.getThreadCount(),
      reads: ['data', 'moveTo', 'copyTo'],
      frees: ['delete'],
      memory: () => ({ heap_bytes: (liteRtWasm as unknown as { HEAPU8: Uint8Array }).HEAPU8.byteLength }),
    });
    const { executor, memory } = adapter;
    monitor.wrap('add', detect, { adapter });
    const x = new litert.Tensor(new Float32Array([1, 2, 3, 4]), [1, 4]);
    const values: number[][] = [];
    for (let i = 0; i < 6; i++) {
      const [y] = await detect.run(x);
      if (!y) throw new Error('no result');
      // A pause of the page is not the model's time: on wasm the result is there when `run` resolves.
      await new Promise((resolve) => setTimeout(resolve, 100));
      values.push([...(await y.data())] as number[]);
      if (i % 2) y.delete();
    }
    const [another] = await model.run(x); // goes through the signature
    another?.delete();
    await monitor.flush();
    return { values, executor: executor(), held: memory()?.tensors, heap: memory()?.heap_bytes };
  });
  expect(seen).toMatchObject({
    values: Array(6).fill([2, 4, 6, 8]),
    executor: { backend: 'wasm-simd', threads: 1 },
    held: 3,
  });
  const [add] = itemsOf(world, 'windows');
  expect(add).toMatchObject({ model: 'add', engine: 'litert', count: 7, ready_method: 'return' });
  expect(absolute(add?.memory?.tensors ?? [])).toEqual([0, 1, 1, 2, 2, 3, 3]);
  expect(absolute(add?.memory?.heap_bytes ?? []).at(-1)).toBe(seen.heap);
  expect(seen.heap).toBeGreaterThan(8 << 20);
  const [first] = add?.ready_ms?.buckets ?? [];
  const widths = (add?.ready_ms?.counts ?? []).map((count) => (count < 0 ? -count : 1));
  const last = (first ?? 0) + widths.reduce((sum, width) => sum + width, 0);
  expect(1.04 ** last).toBeLessThan(90); // milliseconds
  expect(errors).toEqual([]);
});
