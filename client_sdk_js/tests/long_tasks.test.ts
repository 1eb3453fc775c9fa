/** A timer that comes late over the thread's own work is no sleep. */

import { afterEach, expect, it, vi } from 'vitest';
import { sleepWatch } from '../src/later/sleep.js';
import { FakeHost } from './fake_host.js';

afterEach(() => vi.unstubAllGlobals());

/** As Chromium tells of tasks over 50 ms: with the next one, or when it is asked. */
class Observer {
  static supportedEntryTypes = ['longtask'];
  static told: { startTime: number; duration: number }[] = [];
  observed?: unknown;
  observe(asked: unknown) {
    this.observed = asked;
  }
  takeRecords() {
    return Observer.told.splice(0);
  }
}

it.each([
  ['a library that held the thread for most of it', [[1_200, 4_500]], false],
  [
    'several tasks in a row',
    [
      [1_000, 2_000],
      [3_100, 2_700],
    ],
    false,
  ],
  ['work that was over before', [[0, 900]], true],
  ['nothing', [], true],
])('a beat that is 5 s late, with %s', async (_, tasks, sleeps) => {
  vi.stubGlobal('PerformanceObserver', Observer);
  const host = new FakeHost();
  const subject = { model: 'm', variant: undefined };
  const start = host.now();
  // Not its first result, which gets longer.
  const sleep = sleepWatch(host, new Map([[{}, { _since: start, _subject: subject }]]), () => 2);
  await host.advance(0);
  Observer.told = tasks.map(([began = 0, duration = 0]) => ({ startTime: start + began, duration }));
  const real = host.now.bind(host);
  host.now = () => real() + 6_000;
  expect(sleep._slept(start, subject)).toBe(sleeps);
});

it.each([
  ['its first result, as shaders make it', 1, false],
  ['a later one, though the first that is asked about', 3, true],
])('a beat that is 5 s late before %s', async (_, results, sleeps) => {
  const host = new FakeHost();
  const subject = { model: 'm', variant: undefined };
  const start = host.now();
  const waits = new Map([[{}, { _since: start, _subject: subject }]]);
  const sleep = sleepWatch(host, waits, () => results);
  await host.advance(0);
  host.time += 6_000;
  expect(sleep._slept(start, subject)).toBe(sleeps);
});
