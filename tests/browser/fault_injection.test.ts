/** Every API of the browser and every call inside the SDK goes wrong in turn, and the page must not notice. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.js';
import { startWorld, type World } from './server.js';

const HERE = import.meta.dirname;
const SCRIPT = readFileSync(join(HERE, '../../client_sdk_js/dist/inferfleet.global.js'), 'utf8').replace(
  /\/\/#.*/,
  '',
);

let world: World;
let browser: Browser;
let bench: string;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
  const { outputFiles } = await build({
    entryPoints: [join(HERE, 'page/faults/bench.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    logLevel: 'error',
  });
  bench = outputFiles[0]?.text ?? '';
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

async function openBench(): Promise<Page> {
  const page = await browser.newPage();
  await page.route(`${world.origin}/bench`, (route) =>
    route.fulfill({ body: '<!doctype html>', contentType: 'text/html' }),
  );
  await page.goto(`${world.origin}/bench`);
  await page.addScriptTag({ content: bench });
  return page;
}

const OPTIONS = { configBudgetMs: 100_000 };

it('x', async () => {
  const keys = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const base64url = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64url');
  const configPublicKey = base64url(await crypto.subtle.exportKey('raw', keys.publicKey));
  const document = JSON.stringify({
    app: 'lab',
    version: 4,
    device_class: 'form=desktop,os=linux',
    issued_at: 0,
    expires_at: 9e15,
    models: { layers: { arms: [{ backend: 'cpu', probability: 1 }], fallbacks: ['wasm'] } },
  });
  world.config = {
    document,
    signature: base64url(await crypto.subtle.sign('Ed25519', keys.privateKey, Buffer.from(document))),
  };
  const page = await openBench();
  await page.evaluate(() => window.bench.tf.setBackend('cpu'));
  const options = { ...OPTIONS, configPublicKey };
  console.time('record');
  const recorded = await page.evaluate(([script, options]) => window.bench.record(script, options), [
    SCRIPT,
    options,
  ] as const);
  console.timeEnd('record');
  writeFileSync('/tmp/recorded.json', JSON.stringify(recorded, null, 1));
  expect(recorded.errors).toEqual([]);
  expect(recorded.notes).toEqual(recorded.expected);
  console.log(world.reports.length);
  const faults = await page.evaluate(
    (sites) => sites.flatMap((site) => window.bench.faultsOf(site)),
    recorded.sites,
  );
  console.log(faults.length);
  writeFileSync(
    '/tmp/sites.txt',
    recorded.sites
      .map((s) => s.how[0] + ' ' + s.path + (s.async ? ' A' : '') + (s.callback ? ' C' : ''))
      .join('\n'),
  );
  const outcomes = [];
  const SIZE = Number(process.env.SIZE ?? 10);
  const some = process.env.ONLY ? faults.filter((f) => f.path.match(process.env.ONLY)) : faults;
  console.time('all');
  for (let i = 0; i < some.length; i += SIZE) {
    outcomes.push(
      ...(await page.evaluate(
        ([script, options, sites, faults]) => window.bench.inject(script, options, sites, faults),
        [SCRIPT, options, recorded.sites, some.slice(i, i + SIZE)] as const,
      )),
    );
    if (i % 100 === 0) {
      console.timeLog('all', i);
      dump();
    }
  }
  console.timeEnd('all');
  dump();
  console.log(
    outcomes.length,
    outcomes.filter((o) => o.differences.length).length,
    outcomes.filter((o) => !o.hits).length,
  );
  function dump() {
    writeFileSync(
      '/tmp/outcomes.txt',
      outcomes
        .filter((o) => o.differences.length || !o.hits)
        .map(
          (o) =>
            o.fault +
            ' ' +
            o.hits +
            '\n   ' +
            o.differences
              .slice(0, 4)
              .map((d) => d.slice(0, 300))
              .join('\n   '),
        )
        .join('\n'),
    );
  }
}, 1e6);
