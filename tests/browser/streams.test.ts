/** Results that come in pieces, in real Chromium: they are there with their last piece, and fail with one that fails. */

import { beforeEach, expect, it } from 'vitest';
import { bucketsOf, itemsOf, millisecondsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(() => {
  world.config = undefined;
});

const PIECES = 8;
const PAUSE_MS = 60;
/** Least and most that a whole answer takes; the machine may be slow. */
const WHOLE_MS = [PIECES * PAUSE_MS * 0.9, 20 * PIECES * PAUSE_MS] as const;

type Made = 'generator' | 'promise of one' | 'stream' | 'promise of a stream' | 'own iterator';
type Read = 'for await' | 'reader' | 'by hand';

/** Runs one model that answers in pieces, reads it, and says what the page saw. */
async function stream(made: Made, read: Read, failsAt = 99) {
  const { page, errors } = await openLab(context, world, 'engines');
  const seen = await page.evaluate(
    async ({ made, read, failsAt, PIECES, PAUSE_MS }) => {
      const { any, createOwn } = window.engines;
      const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      async function* generate() {
        for (let i = 0; i < PIECES; i++) {
          await pause();
          if (i === failsAt) throw new RangeError('in the middle');
          yield i;
        }
      }
      const streamed = () => {
        const pieces = generate();
        return new ReadableStream<number>({
          async pull(controller) {
            const { done, value } = await pieces.next();
            if (done) controller.close();
            else controller.enqueue(value);
          },
        });
      };
      const made_: Record<typeof made, () => unknown> = {
        generator: generate,
        'promise of one': async () => generate(),
        stream: streamed,
        'promise of a stream': async () => streamed(),
        'own iterator': () => ({ [Symbol.asyncIterator]: generate }),
      };
      const model = { run: made_[made] };
      const monitor = createOwn({ remoteConfig: false });
      monitor.wrap('writer', model, { adapter: any() });
      const got: number[] = [];
      let failed = '';
      const answer = (await model.run()) as AsyncIterable<number> &
        AsyncGenerator<number> &
        ReadableStream<number>;
      try {
        if (read === 'for await') for await (const piece of answer) got.push(piece);
        else {
          const reader = read === 'reader' ? answer.getReader() : undefined;
          for (;;) {
            const { done, value } = await (reader?.read() ?? answer.next());
            if (done) break;
            got.push(value);
          }
        }
      } catch (error) {
        failed = String(error);
      }
      await monitor.flush();
      return { got, failed };
    },
    { made, read, failsAt, PIECES, PAUSE_MS },
  );
  await until('the report', () => itemsOf(world, 'windows').length > 0);
  expect(errors).toEqual([]);
  return seen;
}
const readyTimes = () =>
  itemsOf(world, 'windows').flatMap(({ ready_ms }) =>
    ready_ms ? bucketsOf(ready_ms).map(([bucket]) => millisecondsOf(bucket)) : [],
  );

const WAYS: [Made, Read][] = [
  ['generator', 'for await'],
  ['generator', 'by hand'],
  ['promise of one', 'for await'],
  ['stream', 'reader'],
  ['stream', 'for await'],
  ['promise of a stream', 'reader'],
  ['own iterator', 'for await'],
];

it.each(WAYS)('%s, read %s: it is ready with its last piece', async (made, read) => {
  const { got, failed } = await stream(made, read);
  expect(got).toEqual(Array.from({ length: PIECES }, (_, i) => i));
  expect(failed).toBe('');
  expect(itemsOf(world, 'windows')).toMatchObject([{ count: 1 }]);
  const [ready = 0, ...more] = readyTimes();
  expect(more).toEqual([]);
  expect(ready).toBeGreaterThan(WHOLE_MS[0]);
  expect(ready).toBeLessThan(WHOLE_MS[1]);
  expect(itemsOf(world, 'incidents')).toEqual([]);
});

it.each(WAYS)('%s, read %s: an error in the middle is one', async (made, read) => {
  const { got, failed } = await stream(made, read, 3);
  expect(got).toEqual([0, 1, 2]);
  expect(failed).toBe('RangeError: in the middle');
  expect(itemsOf(world, 'windows')).toMatchObject([{ count: 1, errors: 1 }]);
  expect(readyTimes()).toEqual([]);
  expect(itemsOf(world, 'incidents')).toMatchObject([
    { kind: 'error', error: 'RangeError', model: 'writer' },
  ]);
});
