/** The packed package in an application of each bundler: it builds, runs, loads lazily, and leaves out what is unused. */

import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BUNDLERS } from './bundlers.js';
import { type Installed, installPackage } from './installed.js';
import { itemsOf, until } from './reports.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const APPLICATION = `
  import * as tf from '@tensorflow/tfjs';
  import { createMonitor } from 'inferfleet';
  import { tfjs } from 'inferfleet/tfjs';

  const monitor = createMonitor({ app: 'lab', key: 'lab-key', endpoint: '', remoteConfig: false });
  globalThis.run = async () => {
    await tf.setBackend('cpu');
    const affine = { predict: (x) => tf.add(tf.mul(x, 2), 1) };
    const { model } = await monitor.load('affine', { adapter: tfjs(tf), url: '/m', load: async () => affine });
    const results = [0, 1, 2].map((x) => model.predict(tf.scalar(x)).dataSync()[0]);
    await monitor.flush();
    return results;
  };`;

/** Words that minifying keeps, and what they tell the presence of. */
const MARKS = {
  core: '/v1/report',
  tfjs: 'numTensors',
  ort: 'executionProviders',
  any: /methods:\s*\w+\s*=\s*\[["'`]run["'`]\]/,
};

useWorldAndBrowser();

let installed: Installed;

beforeAll(() => {
  installed = installPackage();
});
afterAll(() => installed?.remove());

/** Bundles an application's text; the folder that came out. */
async function bundled(bundler: string, text: string): Promise<string> {
  const out = mkdtempSync(join(installed.folder, 'out-'));
  await BUNDLERS[bundler]?.bundle(installed.write('src/main.js', text), out);
  return out;
}

const filesOf = (folder: string, ending: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(ending));

/** What of the SDK is in the scripts that the entry needs at once. */
function eagerParts(folder: string): string[] {
  const texts = new Map<string, string>();
  const reach = (path: string): void => {
    if (texts.has(path)) return;
    const text = readFileSync(path, 'utf8');
    texts.set(path, text);
    for (const [, from] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+)["']/g))
      reach(join(path, '..', from ?? ''));
  };
  reach(join(folder, 'main.js'));
  const all = [...texts.values()].join('\n');
  return Object.entries(MARKS).flatMap(([part, mark]) => (all.search(mark) >= 0 ? [part] : []));
}

describe.each(Object.entries(BUNDLERS))('%s', (bundler, { splits }) => {
  let out: string;
  beforeAll(async () => {
    out = await bundled(bundler, APPLICATION);
  });

  it('runs it, and fetches the lazy parts when they are needed', async () => {
    const fetched: string[] = [];
    const errors: string[] = [];
    await context.route(`${world.origin}/built/**`, async (route) => {
      const name = new URL(route.request().url()).pathname.replace('/built/', '');
      if (name === 'index.html') {
        const body = `<!doctype html><script type="module" src="main.js"></script>`;
        return route.fulfill({ body, contentType: 'text/html' });
      }
      fetched.push(name);
      return route.fulfill({ path: join(out, name), contentType: 'text/javascript' });
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(`${world.origin}/built/index.html`);
    await page.waitForFunction(() => 'run' in globalThis);
    const eager = fetched.length;
    expect(await page.evaluate('run()')).toEqual([1, 3, 5]);
    await until('the window', () => itemsOf(world, 'windows').length > 0);
    expect(itemsOf(world, 'windows')).toMatchObject([{ model: 'affine', backend: 'cpu', count: 3 }]);
    expect(itemsOf(world, 'loads')).toHaveLength(1);
    expect(itemsOf(world, 'incidents')).toEqual([]);
    // The GPU's facts, which a file that is its own worker looks for where the bundler leaves it its address.
    await page.waitForFunction(() => localStorage.getItem('inferfleet:device')?.includes('"gpu"'));
    expect(fetched.slice(eager).length > 0).toBe(splits);
    expect(fetched.filter((name) => extname(name) !== '.js')).toEqual([]);
    expect(errors).toEqual([]);
    expect(fetched.filter((name) => name === 'main.js')).toHaveLength(1); // not once more in a worker of ours
    // Kernel times, signatures and forgetting were not needed.
    expect(fetched.length < filesOf(out, '.js').length).toBe(splits);
  });

  it('leaves out what is not used', async () => {
    expect(eagerParts(out)).toEqual(['core', 'tfjs']);
    const only = `import { createMonitor } from 'inferfleet'; globalThis.monitor = createMonitor({});`;
    expect(eagerParts(await bundled(bundler, only))).toEqual(['core']);
    const everything = `
      import { createMonitor } from 'inferfleet';
      import { tfjs } from 'inferfleet/tfjs';
      import { ort } from 'inferfleet/ort';
      import { any } from 'inferfleet/any';
      Object.assign(globalThis, { createMonitor, tfjs, ort, any });`;
    expect(eagerParts(await bundled(bundler, everything))).toEqual(Object.keys(MARKS));
    const unused = `
      import {} from 'inferfleet';
      import { createMonitor } from 'inferfleet';
      import { tfjs } from 'inferfleet/tfjs';
      import { ort } from 'inferfleet/ort';
      import { any } from 'inferfleet/any';
      console.log('an application');`;
    const none = await bundled(bundler, unused);
    expect(eagerParts(none)).toEqual([]);
    expect(readFileSync(join(none, 'main.js')).length).toBeLessThan(300);
  });

  it('makes source maps that name their sources', async () => {
    for (const script of filesOf(out, '.js')) {
      const [, url] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(join(out, script), 'utf8')) ?? [];
      const map = JSON.parse(readFileSync(join(out, script, '..', url ?? 'none'), 'utf8'));
      expect(map.sourcesContent).toHaveLength(map.sources.length);
    }
    const main = JSON.parse(readFileSync(join(out, 'main.js.map'), 'utf8'));
    expect(main.sources.join()).toMatch(
      /client_sdk_js\/src\/core\/monitor\.ts|inferfleet\/(dist\/index\.js|src\/core\/monitor\.ts)/,
    );
  });
});

it("runs under Vite's dev server, which bundles dependencies in advance", async () => {
  installed.write('index.html', '<!doctype html><script type="module" src="/src/main.js"></script>');
  installed.write('src/main.js', APPLICATION);
  const server = await createServer({
    configFile: false,
    root: installed.folder,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, proxy: { '/v1': world.origin } },
  });
  try {
    await server.listen();
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    await page.waitForFunction(() => 'run' in globalThis, undefined, { timeout: 60_000 });
    expect(await page.evaluate('run()')).toEqual([1, 3, 5]);
    await until('the window', () => itemsOf(world, 'windows').length > 0);
    expect(itemsOf(world, 'windows')).toMatchObject([{ model: 'affine', count: 3 }]);
    expect(itemsOf(world, 'incidents')).toEqual([]);
    expect(errors).toEqual([]);
  } finally {
    await server.close();
  }
});
