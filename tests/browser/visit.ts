/** Opens a page of the lab and holds it to be free of errors of its own. */

import type { BrowserContext, Page } from 'playwright-core';
import type { World } from './server.js';

export interface Visit {
  page: Page;
  /** Uncaught exceptions and unhandled rejections. */
  errors: string[];
}

/** `isolated` pages are cross-origin isolated, which wasm threads need; `modular` ones use the package as published. */
export async function openLab(
  context: BrowserContext,
  world: World,
  kind: 'plain' | 'isolated' | 'modular' | 'engines' | 'engines-isolated' = 'plain',
): Promise<Visit> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${world.origin}/${kind}`);
  return { page, errors };
}
