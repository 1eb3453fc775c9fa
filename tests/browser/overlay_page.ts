/** A page under the strictest CSP with the published SDK, a model and the developer's live view. */

import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect } from 'vitest';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

let errors: string[];

/** Also that no page saw an error, or broke its policy. */
export function useOverlayPages(): void {
  useWorldAndBrowser();
  beforeEach(() => {
    errors = [];
  });
  afterEach(() => {
    expect(errors).toEqual([]);
  });
}

/** No style of any kind, no markup, scripts from here only. */
export const STRICT =
  "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
const TEXT = '<h1>Page</h1><p id="text">Text of the page.</p><button id="own">A button</button>';

/** A page with the published SDK, with a model on the cpu backend that the test calls by `predict(times)`. */
export async function openPage(styles = '', policy = STRICT, within = context): Promise<Page> {
  const page = await within.newPage();
  if (within === context) await page.setViewportSize({ width: 1000, height: 800 });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (/violates|Content Security Policy|Trusted(HTML|ScriptURL)/i.test(message.text()))
      errors.push(message.text());
  });
  const body = `<!doctype html><html lang="en"><title>lab</title><meta name="viewport" content="width=device-width">${styles && '<link rel="stylesheet" href="/page.css">'}
    <body>${TEXT}<script type="module" src="/modular/application.js"></script></body></html>`;
  await within.route(`${world.origin}/page.css`, (route) =>
    route.fulfill({ body: styles, contentType: 'text/css' }),
  );
  await within.route(`${world.origin}/strict`, (route) =>
    route.fulfill({ body, contentType: 'text/html', headers: { 'content-security-policy': policy } }),
  );
  await page.goto(`${world.origin}/strict`);
  await page.evaluate(async () => {
    const { tf, monitor, adapter } = window.modular;
    await tf.setBackend('cpu');
    const dense = () => tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [4] })] });
    const x = tf.ones([1, 4]);
    window.predictTimes = (times, name = 'face', leak = false) => {
      window.models ??= {};
      window.models[name] ??= monitor.wrap(name, dense(), { adapter }).model;
      for (let i = 0; i < times; i++) {
        const y = window.models[name]?.predict(x);
        if (!leak) tf.dispose(y ?? []);
      }
    };
    window.predictTimes(1);
  });
  // What was predicted before the lazily loaded part is there has no slope.
  await page.waitForFunction(() => window.modular.monitor.snapshot().problems);
  return page;
}

export const showOverlay = (page: Page, collapsed = false) =>
  page.evaluate(
    async (options) => {
      const { showOverlay } = await window.modular.overlay();
      window.remove = showOverlay(window.modular.monitor, options);
    },
    { collapsed },
  );

export const panelOf = (page: Page) => page.locator('inferfleet-overlay .panel');
/** Where the panel is, in whole pixels. */
export async function placeOf(page: Page) {
  const box = await panelOf(page).boundingBox();
  if (!box) throw new Error('the panel is not in sight');
  return {
    x: Math.round(box.x),
    y: Math.round(box.y),
    width: Math.round(box.width),
    height: Math.round(box.height),
  };
}

declare global {
  interface Window {
    predictTimes(times: number, name?: string, leak?: boolean): void;
    models?: Record<string, import('@tensorflow/tfjs').Sequential>;
    remove(): void;
    seen: number;
    shifts: number;
  }
}
