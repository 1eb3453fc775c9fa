import { expect, it } from 'vitest';
import type { ReadyMethod } from '../../client_sdk_js/src/generated/report.js';
import { itemsOf, meanBucket, millisecondsOf, totalOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

type Tensor = import('@tensorflow/tfjs').Tensor;

useWorldAndBrowser();

const windowsOf = (model: string) => itemsOf(world, 'windows').filter((window) => window.model === model);
/** The geometric mean of what was measured by this method, in ms, and of how many. */
function readyOf(model: string, method: ReadyMethod): { ms: number; values: number } {
  const measured = windowsOf(model).flatMap(({ ready_method, ready_ms }) =>
    ready_ms && ready_method === method ? [ready_ms] : [],
  );
  const values = measured.reduce((sum, histogram) => sum + totalOf(histogram), 0);
  const bucket = measured.reduce((sum, each) => sum + meanBucket(each) * totalOf(each), 0) / values;
  return { ms: millisecondsOf(bucket), values };
}

it.each(['webgl', 'webgpu'] as const)(
  'tells on %s what a read of the same model would have told, and reads nothing',
  { timeout: 240_000 },
  async (backend) => {
    const { page, errors } = await openLab(context, world);
    const seen = await page.evaluate(async (backend) => {
      const { tf, tfjs, monitor } = window.lab;
      await tf.setBackend(backend);
      const watching = monitor({ remoteConfig: false, hangMs: 140_000, kernelEvery: 0 });
      const model = () =>
        tf.sequential({
          layers: [
            tf.layers.conv2d({ filters: 16, kernelSize: 3, inputShape: [32, 32, 16] }),
            tf.layers.conv2d({ filters: 16, kernelSize: 3 }),
            // Little to read: copying it is in a read's time, and not in a fence's.
            tf.layers.globalAveragePooling2d({}),
          ],
        });
      const read = model();
      const x = tf.randomNormal([4, 32, 32, 16]);
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      // Shaders are compiled before anything is measured.
      tf.dispose(await (read.predict(x) as Tensor).data());
      watching.wrap('read', read, { adapter: tfjs(tf) });
      const { model: drawn } = await watching.load('drawn', {
        adapter: tfjs(tf),
        load: async () => model(),
      });
      let reads = 0;
      const instance = tf.backend() as unknown as {
        read(id: object): unknown;
        readSync(id: object): unknown;
      };
      for (const name of ['read', 'readSync'] as const) {
        const original = instance[name];
        instance[name] = function (this: unknown, id: object) {
          reads++;
          return original.call(this, id);
        };
      }
      // In turns: what else the machine does is in both.
      for (let i = 0; i < 24; i++) {
        const wanted = read.predict(x) as Tensor;
        await wanted.data();
        wanted.dispose();
        const handed = drawn.predict(x) as Tensor;
        await pause(700);
        const { tensorRef } = handed.dataToGPU();
        tf.dispose([handed, tensorRef]);
      }
      await watching.flush();
      const [, snapshot] = watching.snapshot().models;
      return { reads, snapshot };
    }, backend);
    expect(seen.reads).toBe(24);
    expect(seen.snapshot).toMatchObject({ model: 'drawn', count: 24, errors: 0 });
    await until('both', () => windowsOf('drawn').reduce((sum, { count }) => sum + count, 0) === 24);
    const read = readyOf('read', 'read');
    const fence = readyOf('drawn', 'fence');
    expect(read.values).toBe(24);
    // Until it is known that nobody reads there is none but for the first call; later a fence or two every second.
    expect(fence.values).toBeGreaterThanOrEqual(10);
    expect(fence.values).toBeLessThanOrEqual(17);
    expect(readyOf('drawn', 'read').values).toBe(0);
    // Two measurements of one thing on a machine that others use: within a factor of two, where dispatch is many away.
    expect(Math.abs(Math.log2(fence.ms / read.ms))).toBeLessThan(1);
    const dispatch = windowsOf('drawn')[0]?.dispatch_ms;
    expect(dispatch && fence.ms / millisecondsOf(meanBucket(dispatch))).toBeGreaterThan(3);
    expect(itemsOf(world, 'loads')).toMatchObject([{ model: 'drawn', backend }]);
    expect(itemsOf(world, 'loads')[0]?.first_prediction_ms).toBeGreaterThan(1);
    expect(errors).toEqual([]);
  },
);
