/** Time that is the browser's and not the model's, in real Chromium: prerendered, in the background, asleep. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PlainChromium } from './chromium.js';
import { bucketsOf, itemsOf, millisecondsOf, totalOf, until } from './reports.js';
import { startWorld, type World } from './server.js';

/** What each page of these tests begins with. A model that runs on webgl is read by polling, which takes timers. */
const PRELUDE = `
  const { tf, tfjs, any, createOwn } = window.engines;
  const say = (what) => fetch('/say', { method: 'POST', body: JSON.stringify(what) });
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const until = async (holds) => { while (!holds()) await pause(20); };
  await tf.setBackend('webgl');
  const mlp = tf.sequential({ layers: [tf.layers.dense({ units: 64, inputShape: [256] })] });
  const x = tf.ones([1, 256]);
  /** Returns how long one took, in ms. */
  const predict = async (times) => {
    const began = performance.now();
    for (let i = 0; i < times; i++) {
      const result = mlp.predict(x);
      await result.data();
      result.dispose();
    }
    return (performance.now() - began) / times;
  };
`;
const pageOf = (script: string, head = '') => `<!doctype html><title>lab</title>${head}
  <script type="module" src="/modular/engines.js"></script>
  <script type="module">${PRELUDE}${script}</script>`;

let world: World;
let browser: PlainChromium | undefined;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());
beforeEach(() => {
  for (const list of [world.reports, world.configRequests, world.said]) list.length = 0;
  world.files.clear();
});
afterEach(async () => {
  await browser?.close();
  browser = undefined;
});

const open = (path: string) => {
  browser = new PlainChromium(world.origin + path);
  return browser;
};
const heard = (what: string) => until(`that the page says "${what}"`, () => world.said.includes(what), 40);
const figure = (name: string) =>
  world.said.flatMap((said) => Object.entries(said as object)).find(([each]) => each === name)?.[1];

/** When losses were told, by report or to the page. One that is seen may really take half a second on a busy machine. */
const toldWithin = (from: number, to: number): number[] =>
  [
    ...itemsOf(world, 'incidents').map(({ at }) => at),
    ...world.said.flatMap((said) => (said as { lostAt?: number }).lostAt ?? []),
  ].filter((at) => at >= from && at <= to);

/** Predictions that were counted, and the durations that were told of them, in ms. */
function timed(of: 'ready_ms' | 'dispatch_ms'): { count: number; times: number; longest: number } {
  const windows = itemsOf(world, 'windows');
  const told = windows.flatMap((window) => window[of] ?? []);
  return {
    count: windows.reduce((sum, { count }) => sum + count, 0),
    times: told.reduce((sum, histogram) => sum + totalOf(histogram), 0),
    longest: Math.max(0, ...told.flatMap(bucketsOf).map(([bucket]) => millisecondsOf(bucket))),
  };
}

describe('a page that speculation rules prerender', () => {
  const prerendered = (watch: string) => {
    const rules = { prerender: [{ urls: ['/ahead'], eagerness: 'immediate' }] };
    world.files.set(
      '/start',
      `<!doctype html><title>start</title><script type="speculationrules">${JSON.stringify(rules)}</script>
      <script type="module">
        while (!(await fetch('/go')).ok) await new Promise((resolve) => setTimeout(resolve, 100));
        location.href = '/ahead';
      </script>`,
    );
    world.files.set(
      '/ahead',
      pageOf(`
        say({ prerendering: document.prerendering });
        const monitor = createOwn({ hangMs: 500 });
        monitor.on('lost', () => say({ lostAt: Date.now() }));
        ${watch}
        say({ ahead: await predict(5) });
        await monitor.flush();
        await pause(1_000);
        say('ahead');
        await until(() => !document.prerendering && !document.hidden);
        say({ seenAt: Date.now() });
        await predict(20);
        await monitor.flush();
        say('seen');`),
    );
    open('/start');
  };
  const WRAP = `monitor.wrap('mlp', mlp, { adapter: tfjs(tf) });`;
  const LOAD = `await monitor.load('mlp', { adapter: tfjs(tf), url: '', load: async () => mlp });`;

  it('and nobody visits sends no report and asks for nothing, not even when the browser is closed', async () => {
    prerendered(WRAP);
    await heard('ahead');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await browser?.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(figure('prerendering')).toBe(true);
    expect(world.reports).toEqual([]);
    expect(world.configRequests).toEqual([]);
  });

  it.each([
    ['watches', WRAP, 0],
    ['loads', LOAD, 1],
  ])(
    'and a visitor comes to counts all, and tells times from then on: it %s a model',
    async (_, how, asked) => {
      prerendered(how);
      await heard('ahead');
      expect(figure('prerendering')).toBe(true);
      expect(world.reports).toEqual([]);
      // The model that it loads is the one that the visitor gets: the plan is asked for before.
      expect(world.configRequests).toHaveLength(asked);
      world.files.set('/go', '');
      await heard('seen');
      expect(timed('ready_ms')).toMatchObject({ count: 25, times: 20 });
      expect(timed('dispatch_ms')).toMatchObject({ count: 25, times: 20 });
      expect(toldWithin(0, figure('seenAt'))).toEqual([]);
      expect(itemsOf(world, 'exposures')).toHaveLength(1);
      expect(itemsOf(world, 'loads').map(({ first_prediction_ms }) => first_prediction_ms)).toEqual(
        asked ? [undefined] : [],
      );
      await until('the config', () => world.configRequests.length > 0);
      expect(world.configRequests).toHaveLength(1);
    },
  );
});

it('counts predictions of a tab in the background, and leaves out what they took', async () => {
  world.files.set(
    '/work',
    pageOf(`
      const monitor = createOwn({ hangMs: 500 });
      monitor.on('lost', () => say({ lostAt: Date.now() }));
      await predict(1); // compiles the shaders
      monitor.wrap('mlp', mlp, { adapter: tfjs(tf) });
      say({ visible: await predict(20) });
      await monitor.flush(); // an incident of this time takes in none of the next
      window.open('/front');
      await until(() => document.hidden);
      const hiddenAt = Date.now();
      const hidden = await predict(4);
      say({ hidden, hiddenAt, readAt: Date.now() });
      new BroadcastChannel('tabs').postMessage('close');
      await until(() => !document.hidden);
      await predict(20);
      await monitor.flush();
      say('seen');`),
  );
  world.files.set(
    '/front',
    `<!doctype html><title>front</title><script>new BroadcastChannel('tabs').onmessage = () => close()</script>`,
  );
  open('/work');
  await heard('seen');
  const [visible, hidden] = [figure('visible'), figure('hidden')];
  expect(hidden, 'the browser did not hold the timers of the tab back').toBeGreaterThan(300);
  expect(timed('ready_ms')).toMatchObject({ count: 44, times: 40 });
  expect(timed('dispatch_ms')).toMatchObject({ times: 40 });
  // 20 took so long together: none of them took longer.
  expect(timed('ready_ms').longest).toBeLessThan(20 * visible + 100);
  expect(toldWithin(figure('hiddenAt'), figure('readAt'))).toEqual([]);
});

/** A model that takes half a second, without keeping the thread busy. */
const SLOW = `
  const slow = { run: (ms = 500) => pause(ms) };
  const monitor = createOwn({ hangMs: 5_000 });
  monitor.wrap('slow', slow, { adapter: any() });
`;

it('leaves out what a prediction took over which the machine slept', async () => {
  world.files.set(
    '/work',
    pageOf(`${SLOW}
      for (let i = 0; i < 4; i++) {
        // The third one goes on for long enough to be put to sleep on a busy machine.
        const result = slow.run(i === 2 ? 4_000 : 500);
        if (i === 2) {
          await pause(100);
          say('under way');
        }
        await result;
        await pause(100);
      }
      await monitor.flush();
      say('awake');`),
  );
  const machine = open('/work');
  await heard('under way');
  machine.signal('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  machine.signal('SIGCONT');
  await heard('awake');
  expect(timed('ready_ms')).toMatchObject({ count: 4, times: 3 });
  expect(timed('ready_ms').longest).toBeLessThan(2_000);
  expect(itemsOf(world, 'incidents')).toEqual([]);
});
