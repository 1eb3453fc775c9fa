/** The pages of fault injection, a plan for its models, and the lives that are lived there, one fault each. */

import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import type { MonitorOptions } from '../../client_sdk_js/src/core/options.js';
import { type Fault, faultsOf, nameOf, type Site } from './page/faults/faults.js';
import type { World } from './server.js';

export async function buildBench(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page/faults/bench.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

/** A page of its own: nothing that earlier lives left running, or kept, is there. */
export async function openBench(browser: Browser, world: World, bench: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(`${world.origin}/bench`, (route) =>
    route.fulfill({ body: '<!doctype html>', contentType: 'text/html' }),
  );
  await page.goto(`${world.origin}/bench`);
  await page.addScriptTag({ content: bench });
  await page.evaluate(() => window.bench.tf.setBackend('cpu'));
  return page;
}

/** A signed plan, so that the signature's check is among what goes wrong. */
export async function signPlan(world: World): Promise<string> {
  const keys = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign'])) as CryptoKeyPair;
  const base64url = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64url');
  const document = JSON.stringify({
    app: 'lab',
    version: 4,
    device_class: 'form=desktop,os=linux',
    issued_at: 0,
    expires_at: 9e15,
    models: { layers: { arms: [{ backend: 'cpu', probability: 1 }], fallbacks: ['wasm'] } },
  });
  const signature = await crypto.subtle.sign('Ed25519', keys.privateKey, Buffer.from(document));
  world.config = { document, signature: base64url(signature) };
  return base64url(await crypto.subtle.exportKey('raw', keys.publicKey));
}

/** To look into one: `ONLY=later/gzip npm run faults -w tests/browser`. */
const { ONLY = '' } = process.env;
const AT_ONCE = 40; // lives mostly wait

export interface Injected {
  faults: number;
  /** Faults that came in the way of a call. */
  met: number;
  /** Places where a fault did not. */
  unmet: string[];
  /** What the page would not have seen without us. */
  seen: string[];
}

/** One life for every way in which each of `sites` can go wrong. `known` are all that a life without a fault passes. */
export async function injectAll(
  open: () => Promise<Page>,
  script: string,
  options: Partial<MonitorOptions>,
  known: Site[],
  sites: Site[],
): Promise<Injected> {
  const faults = sites.filter(({ path }) => path.includes(ONLY)).flatMap(faultsOf);
  const seen: string[] = [];
  const unmet = new Set<string>();
  let met = 0;

  async function inject(some: Fault[]) {
    const page = await open();
    const lives = await page.evaluate(
      ([script, options, known, some]) => window.bench.inject(script, options, known, some),
      [script, options, known, some] as const,
    );
    await page.context().close();
    return lives;
  }

  for (let i = 0; i < faults.length; i += AT_ONCE) {
    const { outcomes, errors } = await inject(faults.slice(i, i + AT_ONCE));
    for (const { fault, hits, differences } of outcomes) {
      if (hits) met++;
      else unmet.add(`${fault.how} ${fault.path}`);
      if (!differences.length && !errors.length) continue;
      // Forty share a processor, and one TensorFlow.js. What a fault does by itself, it does alone.
      const alone = await inject([fault]);
      const all = [...alone.errors, ...alone.outcomes.flatMap(({ differences }) => differences)];
      if (all.length) seen.push(`${nameOf(fault)}\n   ${all.join('\n   ')}`);
    }
  }
  return { faults: faults.length, met, unmet: [...unmet], seen };
}
