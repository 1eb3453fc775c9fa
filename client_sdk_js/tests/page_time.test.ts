/** Time that the page takes for itself while a model's result is open is not the model's. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AnyOptions, any } from '../src/any.js';
import type { Window } from '../src/generated/report.js';
import { webgpuFence } from '../src/gpu/fence.js';
import { settle } from './fake_host.js';
import { host, items, start, useFakeHost } from './monitor_on_fake_host.js';

useFakeHost();
// One clock for all: what streams take is read by the page's own.
beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => host.time));
afterEach(() => void vi.restoreAllMocks());

let monitor: ReturnType<typeof start>;
async function watch<M extends object>(model: M, options: AnyOptions = {}): Promise<M> {
  monitor = start();
  monitor.wrap('face', model, { adapter: any(options) });
  await host.advance(1);
  await settle();
  return model;
}
/** Something that takes so long, on the page's clock. */
const takes = async (ms: number) => {
  host.time += ms;
};
const countOf = (times: Window['ready_ms']) =>
  (times?.counts ?? []).reduce((sum, count) => sum + Math.max(0, count), 0);
const atMs = (times: Window['ready_ms']) => Math.round(1.04 ** ((times?.buckets[0] ?? Number.NaN) + 0.5));
async function sent() {
  await monitor.flush();
  const [window] = items('windows');
  return { count: window?.count, dispatched: countOf(window?.dispatch_ms), ready: countOf(window?.ready_ms) };
}

describe('a result in pieces', () => {
  const pieces: Record<string, () => unknown> = {
    'a generator': function* () {
      for (let i = 0; i < 3; i++) {
        host.time += 20;
        yield i;
      }
    },
    'an async generator': async function* () {
      for (let i = 0; i < 3; i++) {
        await takes(20);
        yield i;
      }
    },
    'an iterable': () => ({
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 3; i++) {
          await takes(20);
          yield i;
        }
      },
    }),
    'a stream': () => {
      let left = 3;
      return new ReadableStream(
        {
          async pull(controller) {
            if (!left--) return controller.close();
            await takes(20);
            controller.enqueue(left);
          },
        },
        { highWaterMark: 0 },
      );
    },
  };
  it.each(Object.keys(pieces))(
    'takes what its pieces took, and not what the page did between them: %s',
    async (kind) => {
      const model = await watch({ run: pieces[kind] as () => AsyncIterable<number> });
      const result = model.run();
      await takes(5_000);
      for await (const _ of result) await takes(300);
      expect(await sent()).toEqual({ count: 1, dispatched: 1, ready: 1 });
      expect(atMs(items('windows')[0]?.ready_ms)).toBeGreaterThan(57);
      expect(atMs(items('windows')[0]?.ready_ms)).toBeLessThan(63);
    },
  );
});

describe('a result that the page reads', () => {
  const model = {
    async run() {
      await takes(30);
      return {
        data: () => takes(20),
        dataSync: () => {
          host.time += 20;
        },
      };
    },
  };
  it.each([
    ['at once', 0, 1],
    ['in the next frames', 50, 1],
    ['after another model ran', 99, 1],
    ['much later', 700, 0],
  ])('%s: it has a time only when most of that is not the pause', async (_, pause, ready) => {
    for (const read of ['data', 'dataSync'] as const) {
      const { run } = await watch({ ...model }, { reads: [read] });
      const result = await run();
      await takes(pause);
      await result[read]();
      expect(await sent(), read).toEqual({ count: 1, dispatched: 1, ready });
      host.sent.length = 0;
    }
  });

  it('long after a slow call has its time: the pause is the smaller part', async () => {
    const { run } = await watch({ run: () => ({ data: () => takes(2_000) }) }, { reads: ['data'] });
    const result = run();
    await takes(700);
    await result.data();
    expect(await sent()).toEqual({ count: 1, dispatched: 1, ready: 1 });
  });
});

describe('a page that keeps its thread after it began to read', () => {
  const model = { run: () => ({ data: () => new Promise((resolve) => host.after(20, () => resolve(1))) }) };
  it.each([
    ['shortly', 50, 1],
    ['for long', 700, 0],
  ])('%s', async (_, ms, ready) => {
    const { run } = await watch({ ...model }, { reads: ['data'] });
    const reading = run().data();
    host.time += ms; // in the very task
    await host.advance(20);
    await reading;
    expect(await sent()).toEqual({ count: 1, dispatched: 1, ready });
  });
});

describe('a thenable', () => {
  const model = {
    // biome-ignore lint/suspicious/noThenProperty: that is the kind
    run: () => ({ then: (done: (value: number) => void) => takes(20).then(() => done(1)) }),
  };
  it.each([
    ['at once', 0, 1],
    ['much later', 700, 0],
  ])('that the page awaits %s has %s times', async (_, pause, times) => {
    const { run } = await watch({ ...model });
    const result = run();
    await takes(pause);
    await result;
    await settle();
    expect(await sent()).toEqual({ count: 1, dispatched: times, ready: times });
  });
});

describe('a stage', () => {
  it.each([
    ['while the page is seen', false, 1],
    ['over a time in which nobody saw the page', true, undefined],
  ])('%s', async (_, hides, count) => {
    await watch({ run: () => 1 });
    const end = monitor.stage('pre');
    await host.advance(500);
    if (hides) {
      host.isHidden = true;
      host.hide();
      await host.advance(500);
      host.isHidden = false;
      host.show();
    }
    await host.advance(500);
    end();
    await monitor.flush();
    expect(items('stages')[0]?.count).toBe(count);
  });
});

describe('a fence', () => {
  beforeEach(() => void vi.mocked(performance.now).mockRestore());
  const device = (ms: number) => ({
    lost: new Promise<never>(() => undefined),
    queue: { onSubmittedWorkDone: () => new Promise((resolve) => setTimeout(resolve, ms)) },
  });
  it('passes when the queue is done', async () => {
    expect(await webgpuFence(device(150))).toBe(true);
  });
  it('of which nobody could hear for most of the time tells nothing', async () => {
    const passed = webgpuFence(device(10));
    for (const end = performance.now() + 300; performance.now() < end; );
    expect(await passed).toBe(false);
  });
});
