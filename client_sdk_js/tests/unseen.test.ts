/** Time that is the browser's and not the model's: hidden, prerendered, frozen, asleep. */

import { beforeEach, describe, expect, it } from 'vitest';
import { any } from '../src/any.js';
import type { Window } from '../src/generated/report.js';
import { fakeModel } from './fake_adapter.js';
import { accepted, settle } from './fake_host.js';
import { adapter, host, items, loadFace, start, useFakeHost } from './monitor_on_fake_host.js';

useFakeHost();

const results = ({ ready_ms }: Pick<Window, 'ready_ms'>) =>
  (ready_ms?.counts ?? []).reduce((sum, count) => sum + Math.max(0, count), 0);

/** A model whose results come when the test says so. */
function slowModel() {
  const pending: (() => void)[] = [];
  return {
    run: () => new Promise<number>((resolve) => pending.push(() => resolve(1))),
    async answer() {
      pending.shift()?.();
      await settle();
    },
  };
}
let model: ReturnType<typeof slowModel>;
let monitor: ReturnType<typeof start>;
async function watch(options: Parameters<typeof start>[0] = {}) {
  monitor = start(options);
  model = slowModel();
  monitor.wrap('face', model, { adapter: any() });
  await host.advance(1);
  await settle();
}
async function sent(): Promise<{ count: number; results: number; hangs: number }> {
  await monitor.flush();
  const windows = items('windows');
  return {
    count: windows.reduce((sum, window) => sum + window.count, 0),
    results: windows.reduce((sum, window) => sum + results(window), 0),
    hangs: items('incidents').filter(({ kind }) => kind === 'hang').length,
  };
}
const hide = () => {
  host.isHidden = true;
  host.hide();
};
const show = () => {
  host.isHidden = false;
  host.show();
};

describe('a prediction that was under way while the page was hidden', () => {
  beforeEach(() => watch());

  it.each([
    ['from begin to end', true, true],
    ['at its begin', true, false],
    ['at its end', false, true],
    ['in between', false, false],
  ])('is counted and has no times: %s', async (_, before, after) => {
    if (before) hide();
    model.run();
    await host.advance(100);
    if (before) show();
    else hide();
    await host.advance(100);
    if (after && before) hide();
    if (!after && !before) show();
    await host.advance(100);
    await model.answer();
    if (host.isHidden) show();
    expect(await sent()).toEqual({ count: 1, results: 0, hangs: 0 });
    expect(items('windows').every(({ dispatch_ms }) => !dispatch_ms)).toBe(true);
  });

  it('is no hang, then or when the page is seen again; one of a page that is seen is', async () => {
    model.run();
    hide();
    await host.advance(60_000);
    show();
    await host.advance(120_000);
    expect((await sent()).hangs).toBe(0);
    model.run();
    await host.advance(120_000);
    expect((await sent()).hangs).toBe(1);
  });

  it('does not keep the next one from having times', async () => {
    hide();
    model.run();
    await model.answer();
    show();
    model.run();
    await host.advance(20);
    await model.answer();
    expect(await sent()).toEqual({ count: 2, results: 1, hangs: 0 });
  });
});

it('leaves the first prediction of a load out when the page was hidden', async () => {
  adapter.current = 'cpu';
  host.isHidden = true;
  start();
  const { model } = await loadFace();
  model.predict(1);
  expect(model.url).toBe(fakeModel('/face.json').url);
  host.isHidden = false;
  host.show();
  await host.advance(60_000);
  expect(items('loads')).toHaveLength(1);
  expect(items('loads')[0]?.first_prediction_ms).toBeUndefined();
  expect(items('windows')).toMatchObject([{ count: 1 }]);
});

describe('a prerendered page', () => {
  beforeEach(() => {
    host.isPrerendering = host.isHidden = true;
  });

  it('sends nothing at all as long as nobody sees it, not even when it ends', async () => {
    await watch();
    model.run();
    await model.answer();
    await monitor.flush();
    await host.advance(180_000);
    host.hide();
    monitor.close();
    await settle();
    expect(host.sent).toEqual([]);
  });

  it.each([
    ['only watches a model, until somebody sees it', false],
    ['loads one that a plan may choose for', true],
  ])('asks for its config when it %s', async (_, loads) => {
    const asked: string[] = [];
    let visit = 'ahead';
    host.idle = (fn) => fn();
    host.answer = (url) => {
      if (url.includes('/v1/config/')) asked.push(visit);
      return accepted();
    };
    await watch({ remoteConfig: true });
    if (loads) await loadFace();
    await host.advance(60_000);
    visit = 'seen';
    show(); // in this order, as Chromium does
    host.isPrerendering = false;
    await settle();
    expect(asked).toEqual([loads ? 'ahead' : 'seen']);
  });

  it('counts what it did before, without its times, once it is activated', async () => {
    await watch();
    model.run();
    await host.advance(900);
    await model.answer();
    host.isPrerendering = false;
    show();
    await settle();
    model.run();
    await host.advance(10);
    await model.answer();
    expect(await sent()).toEqual({ count: 2, results: 1, hangs: 0 });
  });
});

describe('a machine that sleeps', () => {
  beforeEach(() => watch());

  it('while a result is waited for leaves that result without times, and it is no hang', async () => {
    model.run();
    await host.advance(500);
    host.time += 60_000; // no timer ran
    await model.answer();
    model.run();
    await host.advance(50);
    await model.answer();
    expect(await sent()).toEqual({ count: 2, results: 1, hangs: 0 });
    model.run();
    await host.advance(500);
    host.time += 60_000;
    await host.advance(25_000);
    await model.answer();
    expect(await sent()).toEqual({ count: 3, results: 1, hangs: 0 });
  });

  const runs = async () => {
    model.run();
    await host.advance(50);
    await model.answer();
  };

  it('leaves all results without times that were waited for', async () => {
    await runs();
    model.run();
    model.run();
    await host.advance(500);
    host.time += 4_000;
    await model.answer();
    await model.answer();
    expect((await sent()).results).toBe(1);
  });

  it.each([
    ['10 s of a first prediction are its own: shaders are compiled', 10_000, 1],
    ['40 s are sleep', 40_000, 0],
  ])('%s', async (_, ms, timed) => {
    model.run();
    await host.advance(500);
    host.time += ms;
    await host.advance(100); // the beat, before the result
    await model.answer();
    expect((await sent()).results).toBe(timed);
  });

  it('gives the model that comes second its own first prediction, and the other one none', async () => {
    await runs();
    const second = slowModel();
    monitor.wrap('pose', second, { adapter: any() });
    model.run();
    second.run();
    await host.advance(500);
    host.time += 10_000;
    await model.answer();
    await second.answer();
    await monitor.flush();
    const counted = (name: string) =>
      items('windows').reduce((sum, window) => sum + (window.model === name ? results(window) : 0), 0);
    expect([counted('face'), counted('pose')]).toEqual([1, 1]);
  });

  it('is told from a model that computes for long on this thread', async () => {
    await runs();
    // In the task of the call itself.
    model.run();
    host.time += 5_000;
    await model.answer();
    expect((await sent()).results).toBe(2);
    // In a later task: the first such result may have been sleep, those after it are not.
    for (let i = 0; i < 5; i++) {
      model.run();
      await host.advance(100);
      host.time += 5_000;
      await model.answer();
      await host.advance(100);
    }
    expect((await sent()).results).toBe(6);
  });
});
