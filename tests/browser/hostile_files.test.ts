/** Files of the SDK that do not come, or are not what was asked for. */

import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { openLab } from './visit.js';
import { RESULTS, use } from './whole_use.js';
import { browser, context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(() => {
  world.files.clear();
  world.config = undefined;
});

describe('a file of the SDK', () => {
  const FILES = [
    'later',
    'backends',
    'offline',
    'forget',
    'signature',
    'kernel_time',
    'fences',
    'graphics',
    'leak_hint',
  ];
  const fileOf = (url: string) => /\/modular\/([a-z_]+)-[\w-]+\.js$/.exec(url)?.[1] ?? '';

  /** All that the SDK fetches in its life: a signed config, kernel times on webgl, consent that is taken back. */
  async function useAll(page: Page) {
    const used = await use(page);
    const more = await page.evaluate(async () => {
      const { tf, createMonitor, affine, adapter } = window.modular;
      const monitor = createMonitor({
        app: 'second',
        key: 'lab-key',
        endpoint: location.origin,
        kernelEvery: 1,
        configPublicKey: 'AAAA',
      });
      await tf.setBackend('webgl');
      const { model } = await monitor.load('second', { adapter, url: '/m.json', load: async () => affine() });
      const results: unknown[] = [];
      for (let i = 0; i < 20; i++) {
        const out = model.predict(tf.tensor1d([i]));
        if (i % 2) results.push((await out.data())[0]);
      }
      await monitor.flush();
      monitor.consent(false);
      await new Promise((resolve) => setTimeout(resolve, 500));
      return results;
    });
    return { ...used, more };
  }
  const ALL = { results: RESULTS, settled: 'settled', more: [3, 7, 11, 15, 19, 23, 27, 31, 35, 39] };
  const CONFIG = { document: '{}', signature: 'AAAA' };

  it('is fetched by the life that the next tests are held to', async () => {
    world.config = CONFIG;
    const fetched = new Set<string>();
    context.on('request', (request) => fetched.add(fileOf(request.url())));
    const { page, errors } = await openLab(context, world, 'modular');
    expect(await useAll(page)).toMatchObject(ALL);
    for (let i = 0; i < 40 && FILES.some((name) => !fetched.has(name)); i++)
      await new Promise((resolve) => setTimeout(resolve, 250));
    expect([...fetched].sort()).toEqual(expect.arrayContaining([...FILES].sort()));
    expect(errors).toEqual([]);
  });

  it.each(['does not load', 'is not the one that was asked for', 'never comes'])(
    'that %s costs the page nothing',
    async (how) => {
      world.config = CONFIG;
      // Each on a page of its own, all at once: what never comes is waited for.
      const seen = await Promise.all(
        FILES.map(async (name) => {
          const own = await browser.newContext();
          await own.route(
            (url) => fileOf(url.pathname) === name,
            (route) => {
              if (how === 'does not load') return route.abort();
              if (how === 'never comes') return;
              return route.fulfill({ contentType: 'text/javascript', body: 'export {};' });
            },
          );
          const { page, errors } = await openLab(own, world, 'modular');
          const used = await useAll(page);
          await page.goto('about:blank');
          await own.close();
          return { name, used, errors };
        }),
      );
      for (const { name, used, errors } of seen) {
        expect({ name, ...used }).toMatchObject({ name, ...ALL });
        expect({ name, errors }).toEqual({ name, errors: [] });
      }
    },
    240_000,
  );
});
