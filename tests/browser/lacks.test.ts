/** What a real browser says that it cannot run, when it asks for its config. */

import type { BrowserContext, Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { launchChromium } from './chromium.js';
import { until } from './reports.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(() => {
  world.configRequests.length = 0;
});

const NO_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** The GPU and what is lacking, as a first visit and one after the graphics were looked at ask for their config. */
async function asked(visitor: BrowserContext, path: string, watch: (page: Page) => Promise<void>) {
  for (const visits of [1, 2]) {
    const page = await visitor.newPage();
    await page.goto(`${world.origin}${path}`);
    await watch(page);
    await until('a request for the config', () => world.configRequests.length === visits);
    await page.waitForFunction(() => localStorage.getItem('inferfleet:device'), undefined, {
      timeout: 30_000,
    });
    await page.close();
  }
  return world.configRequests.map(
    ({ searchParams }) => `${searchParams.get('gpu')} ${searchParams.get('lacks')}`,
  );
}

const modular = (page: Page) =>
  page.evaluate(() => {
    const { createMonitor, affine, adapter } = window.modular;
    const { origin } = location;
    createMonitor({ endpoint: origin, app: 'lab', key: 'lab-key' }).wrap('affine', affine(), { adapter });
  });

it('is threads, where the page is not isolated, and nothing of graphics before they were looked at', async () => {
  expect(await asked(context, '/modular', modular)).toEqual(['unknown threads', 'swiftshader threads']);
});

it('is WebGPU, too, where there is no adapter', async () => {
  const without = await launchChromium(NO_WEBGPU);
  try {
    expect(await asked(await without.newContext(), '/modular', modular)).toEqual([
      'unknown threads',
      'swiftshader threads.webgpu',
    ]);
  } finally {
    await without.close();
  }
});

it('is nothing in an isolated page, but that nobody asked for WebGPU where Chromium would print a line', async () => {
  const lab = (page: Page) =>
    page.evaluate(async () => {
      const { tf, tfjs, monitor } = window.lab;
      await tf.setBackend('cpu');
      monitor({}).wrap('sum', { predict: (x: unknown) => x }, { adapter: tfjs(tf) });
    });
  expect(await asked(context, '/isolated', lab)).toEqual(['unknown none', 'swiftshader unasked']);
});
