/** What the tests of most files stand on: one world and one browser for the file, and a context for each test. */

import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launchChromium } from './chromium.js';
import { startWorld, type World } from './server.js';

export let world: World;
export let browser: Browser;
export let context: BrowserContext;

/** Starts them, and ends them. Before each test the world has seen no report. */
export function useWorldAndBrowser(): void {
  beforeAll(async () => {
    [world, browser] = await Promise.all([startWorld(), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    world.reports.length = 0;
  });
  afterEach(() => context.close());
}
