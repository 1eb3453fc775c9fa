/** The GPU's family, read once a month without the page's thread feeling it. */

import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { itemsOf, reportsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(async () => {
  // Counts the contexts that the page's own thread makes.
  await context.addInitScript(() => {
    const { getContext } = OffscreenCanvas.prototype;
    OffscreenCanvas.prototype.getContext = function (
      this: OffscreenCanvas,
      ...args: Parameters<typeof getContext>
    ) {
      Object.assign(window, { contexts: contexts() + 1 });
      return getContext.apply(this, args);
    } as typeof getContext;
    function contexts(): number {
      return (window as { contexts?: number }).contexts ?? 0;
    }
  });
});

/** Watches a model until the device was looked at; the family that a report then has. */
async function familyIn(page: Page): Promise<string | undefined> {
  await page.evaluate(() => {
    const { monitor, affine, adapter } = window.modular;
    monitor.wrap('affine', affine(), { adapter });
  });
  await page.waitForFunction(() => localStorage.getItem('inferfleet:device'), undefined, { timeout: 30_000 });
  await page.evaluate(() => window.modular.monitor.flush());
  await until('a report', () => world.reports.length > 0);
  expect(itemsOf(world, 'incidents').filter(({ kind }) => kind === 'sdk_error')).toEqual([]);
  return reportsOf(world)[0]?.device?.gpu;
}

const contextsOf = (page: Page) => page.evaluate(() => (window as { contexts?: number }).contexts ?? 0);

it('is read by a worker that ends again', async () => {
  const { page, errors } = await openLab(context, world, 'modular');
  const workers: string[] = [];
  page.on('worker', (worker) => workers.push(new URL(worker.url()).pathname));
  expect(await familyIn(page)).toBe('swiftshader');
  expect(workers).toEqual([expect.stringMatching(/^\/modular\/graphics-[\w-]+\.js$/)]);
  expect(await contextsOf(page)).toBe(0);
  expect(page.workers()).toEqual([]);
  expect(errors).toEqual([]);
});

it.each([
  [
    'refused by a policy',
    `Object.defineProperty(window, 'Worker', { value: class { constructor() { throw new DOMException('', 'SecurityError'); } } })`,
  ],
  [
    'without a canvas',
    `const Real = Worker; window.Worker = class extends Real { constructor(url, options) { super('data:text/javascript,postMessage(undefined)', { ...options, type: 'classic' }); } }`,
  ],
])('is read by the page itself where a worker is %s', async (_, script) => {
  await context.addInitScript(script);
  const { page, errors } = await openLab(context, world, 'modular');
  await page.evaluate(() => undefined);
  expect(await familyIn(page)).toBe('swiftshader');
  expect(await contextsOf(page)).toBe(1);
  expect(errors).toEqual([]);
});

it('is read by the page itself where the file does not load a second time, and the console stays silent', async () => {
  const logged: string[] = [];
  const { page, errors } = await openLab(context, world, 'modular');
  page.on('console', (message) => logged.push(message.text()));
  await page.evaluate(() => {
    const Real = Worker;
    window.Worker = class extends Real {
      constructor(_: string | URL, options?: WorkerOptions) {
        super('/modular/page_not_there.js', options);
      }
    };
  });
  expect(await familyIn(page)).toBe('swiftshader');
  expect(logged.filter((text) => !/404/.test(text))).toEqual([]); // the network's own line, which nobody can keep away
  expect(errors).toEqual([]);
});

it('never runs a file again that holds the page’s own code', async () => {
  // As a bundler without code splitting leaves it.
  await context.route(`${world.origin}/one`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><script src="/lab.js"></script>' }),
  );
  const page = await context.newPage();
  const workers: string[] = [];
  page.on('worker', (worker) => workers.push(worker.url()));
  await page.goto(`${world.origin}/one`);
  await page.evaluate(async () => {
    const { tf, tfjs, monitor } = window.lab;
    await tf.setBackend('cpu');
    monitor({ remoteConfig: false }).wrap('sum', { predict: (x: unknown) => x }, { adapter: tfjs(tf) });
  });
  await page.waitForFunction(() => localStorage.getItem('inferfleet:device'), undefined, { timeout: 30_000 });
  expect(JSON.parse((await page.evaluate(() => localStorage.getItem('inferfleet:device'))) ?? '{}')).toEqual({
    [await page.evaluate(() => navigator.userAgent)]: expect.objectContaining({ gpu: 'swiftshader' }),
  });
  expect(workers).toEqual([]);
  expect(await contextsOf(page)).toBe(1);
});
