/** The GPU's family, read once a month without the page's thread feeling it. */

import type { Browser, Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { launchChromium } from './chromium.js';
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

/** What the page's developers would see, and their reports get. */
async function watchSilence(page: Page): Promise<string[]> {
  const seen: string[] = [];
  page.on('console', (message) => seen.push(message.text()));
  const devtools = await page.context().newCDPSession(page);
  devtools.on('Log.entryAdded', ({ entry }) => seen.push(entry.text));
  await devtools.send('Log.enable');
  await page.exposeFunction('violated', (directive: string) => seen.push(directive));
  await page.evaluate(() =>
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
      (window as unknown as { violated(directive: string): void }).violated(violatedDirective),
    ),
  );
  return seen;
}

async function sharedWorkers(): Promise<string[]> {
  const devtools = await (context.browser() as Browser).newBrowserCDPSession();
  const { targetInfos } = await devtools.send('Target.getTargets');
  await devtools.detach();
  return targetInfos.filter(({ type }) => type === 'shared_worker').map(({ url }) => url);
}

it('is read by a shared worker that ends again', async () => {
  const { page, errors } = await openLab(context, world, 'modular');
  const scripts: string[] = [];
  const devtools = await (context.browser() as Browser).newBrowserCDPSession();
  devtools.on('Target.targetCreated', ({ targetInfo: { type, url } }) => {
    if (/worker/.test(type)) scripts.push(`${type} ${url.replace(world.origin, '')}`);
  });
  await devtools.send('Target.setDiscoverTargets', { discover: true });
  expect(await familyIn(page)).toBe('swiftshader');
  expect(reportsOf(world)[0]?.device).toMatchObject({ webgl: 2, webgpu: true, automated: true });
  expect(scripts).toEqual([expect.stringMatching(/^shared_worker \/modular\/graphics-[\w-]+\.js$/)]);
  expect(await contextsOf(page)).toBe(0);
  await expect.poll(sharedWorkers).toEqual([]);
  expect(errors).toEqual([]);
});

it('is read by a worker of the page where there is no shared one', async () => {
  await context.addInitScript(`delete window.SharedWorker`);
  const { page, errors } = await openLab(context, world, 'modular');
  const workers: string[] = [];
  page.on('worker', (worker) => workers.push(new URL(worker.url()).pathname));
  const seen = await watchSilence(page);
  expect(await familyIn(page)).toBe('swiftshader');
  expect(workers).toEqual([expect.stringMatching(/^\/modular\/graphics-[\w-]+\.js$/)]);
  expect(await contextsOf(page)).toBe(0);
  expect(page.workers()).toEqual([]);
  expect([...seen, ...errors]).toEqual([]);
});

const REFUSED = `class { constructor() { throw new DOMException('', 'SecurityError'); } }`;
it.each([
  [
    'refused by a policy',
    `for (const name of ['Worker', 'SharedWorker']) Object.defineProperty(window, name, { value: ${REFUSED} })`,
  ],
  [
    'without a canvas',
    `delete window.SharedWorker; const Real = Worker; window.Worker = class extends Real { constructor(url, options) { super('data:text/javascript,postMessage(undefined)', { ...options, type: 'classic' }); } }`,
  ],
])('is read by the page itself where a worker is %s', async (_, script) => {
  await context.addInitScript(script);
  const { page, errors } = await openLab(context, world, 'modular');
  await page.evaluate(() => undefined);
  expect(await familyIn(page)).toBe('swiftshader');
  expect(await contextsOf(page)).toBe(1);
  expect(errors).toEqual([]);
});

it.each(['Worker', 'SharedWorker'] as const)(
  'is read by the page itself where the file does not load a second time in a %s, and the console stays silent',
  async (kind) => {
    const { page, errors } = await openLab(context, world, 'modular');
    const seen = await watchSilence(page);
    await page.evaluate((kind) => {
      if (kind === 'Worker') Object.defineProperty(window, 'SharedWorker', { value: undefined });
      const Real = window[kind];
      Object.defineProperty(window, kind, {
        value: class extends Real {
          constructor(_: string | URL, options?: WorkerOptions) {
            super('/modular/page_not_there.js', options);
          }
        },
      });
    }, kind);
    expect(await familyIn(page)).toBe('swiftshader');
    expect(seen.filter((text) => !/404|Failed to fetch a worker script/.test(text))).toEqual([]); // the network's own, which nobody can keep away
    expect(errors).toEqual([]);
  },
);

/** The lab's page under a policy: by header, or as the page itself says it. */
async function labUnder(policy: string, page: Page, meta = false): Promise<string[]> {
  await page.route(`${world.origin}/modular`, async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    await route.fulfill({
      response,
      headers: { ...response.headers(), ...(!meta && { 'content-security-policy': policy }) },
      body: meta
        ? html.replace(
            /<head>|<!doctype html>/i,
            `$&<meta http-equiv="Content-Security-Policy" content="${policy}">`,
          )
        : html,
    });
  });
  await page.goto(`${world.origin}/modular`);
  return watchSilence(page);
}

it.each([
  ["require-trusted-types-for 'script'", false, 0],
  ["require-trusted-types-for 'script'; trusted-types inferfleet", false, 0],
  ["require-trusted-types-for 'script'; trusted-types theirs", true, 1],
  ["worker-src 'none'", true, 1],
])('is read without a violation under %s', async (policy, meta, contexts) => {
  const page = await context.newPage();
  const seen = await labUnder(policy, page, meta);
  expect(await familyIn(page)).toBe('swiftshader');
  expect(await contextsOf(page)).toBe(contexts);
  expect(seen).toEqual([]);
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

it('leaves the console silent where WebGPU has no adapter, of which Chromium prints a line to whoever asks', async () => {
  const without = await launchChromium(['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
  try {
    const page = await without.newPage();
    await page.goto(`${world.origin}/modular`);
    const seen = await watchSilence(page);
    expect(await familyIn(page)).toBe('swiftshader');
    expect(reportsOf(world)[0]?.device).toMatchObject({ webgl: 2, webgpu: false });
    expect(seen.filter((text) => !/404/.test(text))).toEqual([]); // the icon that the world has not
    await page.evaluate(() => navigator.gpu.requestAdapter());
    await expect.poll(() => seen).toContain('No available adapters.');
  } finally {
    await without.close();
  }
});
