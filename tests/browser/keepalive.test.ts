/**
 * Beacons and keepalive requests of one page share 64 KiB in flight, and the browser refuses what is over it. The
 * page's own request of 40 KiB must find its place in the hardest moments, and what we hold back must not be lost.
 */

import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { itemsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

const HOST_BYTES = 40 * 1024;
const MODELS = 40;
const ROUNDS = 12;

useWorldAndBrowser();
beforeEach(() => {
  Object.assign(world, { silent: false, refusals: [], hostBytes: [] });
  world.reports.length = 0;
});

/** Many models, on two monitors, and a page that can predict, hide and post for itself. */
async function openPage(): Promise<Page> {
  const { page, errors } = await openLab(context, world, 'modular');
  page.on('close', () => expect(errors).toEqual([]));
  await page.evaluate(
    async ([models, bytes]) => {
      const { tf, monitor, createMonitor, affine, adapter } = window.modular;
      await tf.setBackend('cpu');
      const second = createMonitor({
        app: 'lab',
        key: 'lab-key',
        endpoint: location.origin,
        remoteConfig: false,
      });
      const watched = Array.from({ length: models }, (_, i) =>
        (i % 2 ? second : monitor).wrap(`model-${i}`, affine(), { adapter }),
      );
      let hidden = false;
      Object.defineProperty(document, 'hidden', { get: () => hidden });
      window.acting = {
        monitors: [monitor, second],
        predict(times: number) {
          for (const { model } of watched)
            for (let i = 0; i < times; i++) tf.tidy(() => void model.predict(tf.tensor1d([i])));
        },
        setHidden(now: boolean) {
          hidden = now;
          document.dispatchEvent(new Event('visibilitychange'));
        },
        post: () =>
          fetch('/host', { method: 'POST', keepalive: true, body: 'x'.repeat(bytes) }).then(
            // Read, or the page's own next one would find this one in its way.
            (response) => response.text().then(() => response.status),
            (error) => String(error),
          ),
      };
      await monitor.flush(); // the lazy part is there
    },
    [MODELS, HOST_BYTES] as const,
  );
  return page;
}

interface Acting {
  monitors: import('inferfleet').Monitor[];
  predict(times: number): void;
  setHidden(now: boolean): void;
  post(): Promise<number | string>;
}
declare global {
  interface Window {
    acting: Acting;
  }
}

const counted = () => itemsOf(world, 'windows').reduce((sum, { count }) => sum + count, 0);

/** Fills the queue while the collector refuses. */
const fillQueue = (page: Page) =>
  page.evaluate(async (rounds) => {
    for (let i = 0; i < rounds; i++) {
      window.acting.predict(3);
      await Promise.all(window.acting.monitors.map((each) => each.flush()));
    }
    return window.acting.monitors.map((each) => each.snapshot().reports.queued);
  }, ROUNDS);

/** How many reports the browser keeps for the next page life. Makes no database: that is the SDK's to make. */
const countKept = (page: Page) =>
  page.evaluate(async () => {
    const name = 'inferfleet:lab';
    const known = await indexedDB.databases();
    if (!known.some((each) => each.name === name)) return 0;
    return new Promise<number>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const count = request.result.transaction('reports').objectStore('reports').count();
        count.onsuccess = () => resolve(count.result);
        count.onerror = () => reject(count.error);
        request.result.close(); // once the count is done
      };
    });
  });

it.each(['before us', 'after us'])(
  'leaves room when the page ends with a full queue, the page’s own request made %s',
  async (when) => {
    const page = await openPage();
    world.reports.length = 0; // what told of the models has landed before the page ends
    world.refusals = new Array(10_000).fill(503);
    const queued = await fillQueue(page);
    for (const reports of queued) expect(reports).toBeGreaterThan(10);
    // The page is a fraction of a second old, and a slow disk may not have opened the database yet.
    await expect
      .poll(() => countKept(page), { timeout: 10_000 })
      .toBe(queued.reduce((sum, reports) => sum + reports, 0));
    world.refusals = [];
    await page.evaluate((first) => {
      addEventListener('pagehide', () => void window.acting.post(), { capture: first === 'before us' });
    }, when);
    await page.goto('about:blank');
    await until('the page’s own request', () => world.hostBytes.length > 0);
    expect(world.hostBytes).toEqual([HOST_BYTES]);
    await until('ours', () => world.reports.length > 0);
    const bytes = world.reports.reduce((sum, report) => sum + report.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(16 * 1024);
    expect(bytes).toBeGreaterThan(8 * 1024);
    // What the browser was not asked to take is kept, and the next page life sends it, beside its own.
    const next = await openPage();
    await next.evaluate(async () => {
      window.acting.predict(1);
      await Promise.all(window.acting.monitors.map((each) => each.flush()));
    });
    const made = (ROUNDS * 3 + 1) * MODELS;
    for (let i = 0; i < 60 && counted() < made; i++) await new Promise((resolve) => setTimeout(resolve, 500));
    expect(counted()).toBe(made);
  },
);

it('leaves room while its beacons fly to a collector that does not answer, however often the page hides', async () => {
  const page = await openPage();
  world.silent = true;
  const statuses: unknown[] = [];
  for (let i = 0; i < 3; i++) {
    statuses.push(
      await page.evaluate(async () => {
        window.acting.predict(20);
        window.acting.setHidden(true);
        const status = await window.acting.post();
        window.acting.setHidden(false);
        return status;
      }),
    );
    // Longer than a beacon is expected to take.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
  }
  expect(statuses).toEqual([200, 200, 200]);
  expect(world.hostBytes).toEqual(new Array(3).fill(HOST_BYTES));
  expect(
    await page.evaluate(() => window.acting.monitors.map((each) => each.snapshot().reports.queued > 0)),
  ).toEqual([true, true]);
}, 120_000);

it('leaves room when the page hides and shows in quick turns, and delivers all of it', async () => {
  const page = await openPage();
  const statuses = await page.evaluate(async () => {
    const statuses: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      window.acting.predict(2);
      window.acting.setHidden(true);
      statuses.push(await window.acting.post());
      window.acting.setHidden(false);
    }
    await Promise.all(window.acting.monitors.map((each) => each.flush()));
    return statuses;
  });
  expect(statuses).toEqual(new Array(20).fill(200));
  await until('every prediction', () => counted() === 20 * 2 * MODELS);
});
