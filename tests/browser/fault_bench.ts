/** The page of fault injection, and a plan for its models. */

import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
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

export async function openBench(browser: Browser, world: World, bench: string): Promise<Page> {
  const page = await browser.newPage();
  await page.route(`${world.origin}/bench`, (route) =>
    route.fulfill({ body: '<!doctype html>', contentType: 'text/html' }),
  );
  await page.goto(`${world.origin}/bench`);
  await page.addScriptTag({ content: bench });
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
