/** A real renderer that crashes is told by the next visit, and an arm that did so twice is left alone. */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ConfigDocument } from '../../client_sdk_js/src/generated/config.js';
import { launchChromium } from './chromium.js';
import { itemsOf, until } from './reports.js';
import { startWorld, type World } from './server.js';
import { openLab } from './visit.js';

let world: World;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  browser = await launchChromium();
  context = await browser.newContext(); // its pages share one storage
  world.reports.length = 0;
  world.config = {
    document: JSON.stringify({
      app: 'lab',
      version: 4,
      device_class: '*',
      issued_at: 0,
      expires_at: 9e15,
      models: { mlp: { arms: [{ backend: 'webgl', probability: 1 }], fallbacks: ['wasm', 'cpu'] } },
    } satisfies ConfigDocument),
  };
});
afterEach(() => browser.close());

type Until = 'load' | 'predict';
declare global {
  interface Window {
    reached: boolean;
  }
}

/** A visit that loads a real model on a real backend, up to its load or its predictions. */
async function visit(phase: Until): Promise<Page> {
  const { page } = await openLab(context, world);
  await page.evaluate((phase) => {
    const { tf, tfjs, monitor } = window.lab;
    const watching = monitor({ configBudgetMs: 10_000 });
    const load = async () => {
      if (phase === 'load') {
        window.reached = true;
        await new Promise(() => undefined);
      }
      return tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [8] })] });
    };
    void watching.load('mlp', { adapter: tfjs(tf), load }).then(async ({ model }) => {
      const x = tf.ones([4, 8]);
      for (let made = 1; ; made++) {
        const y = model.predict(x) as import('@tensorflow/tfjs').Tensor;
        await y.data();
        y.dispose();
        window.reached = made > 3;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
  }, phase);
  await page.waitForFunction(() => window.reached, undefined, { timeout: 30_000 });
  return page;
}

async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash');
  const session = await context.newCDPSession(page);
  session.send('Page.crash').catch(() => undefined); // nobody is left to answer
  await crashed;
}

const killed = () =>
  itemsOf(world, 'incidents')
    .filter(({ kind }) => kind === 'killed')
    .map(({ model, backend, phase }) => `${model} ${backend} ${phase}`);

it.each(['load', 'predict'] as const)('in mid-%s', async (phase) => {
  await crash(await visit(phase));
  const second = await visit(phase);
  await until('the first death', () => killed().length === 1);
  expect(killed()).toEqual([`mlp webgl ${phase}`]);
  await crash(second);
  await visit('predict');
  await until('the second death', () => killed().length === 2);
  expect(killed()).toEqual(Array(2).fill(`mlp webgl ${phase}`));
  const last = () => itemsOf(world, 'exposures').at(-1);
  await until('the third visit', () => last()?.source === 'fallback');
  expect(last()?.backend).toMatch(/^wasm/);
});

it('that ends, reloads, or lives on beside others is not told', async () => {
  const first = await visit('predict');
  const beside = await visit('predict');
  await first.reload();
  await first.goto('about:blank');
  await beside.close({ runBeforeUnload: true });
  const last = await visit('predict');
  await last.waitForTimeout(3_000);
  expect(killed()).toEqual([]);
  expect(
    await last.evaluate(() => Object.keys(localStorage).filter((key) => /crumb/.test(key))),
  ).toHaveLength(1);
});
