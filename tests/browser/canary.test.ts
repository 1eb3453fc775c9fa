/**
 * A canary from the command to the page, with nothing made up between them: a real model and its uint8 variant are
 * measured in Chromium, the canary is recorded through a real collector, published, signed, fetched and run. Backends
 * that compute right pass on every variant; one that is made to compute wrong, finite values is found.
 */

import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigDocument, ModelPlan } from '../../client_sdk_js/src/generated/config.js';
import type { Backend } from '../../client_sdk_js/src/generated/report.js';
import { type Collector, startCollector } from './collector.js';
import { itemsOf } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

const ROOT = join(import.meta.dirname, '../..');
const SEED = Buffer.alloc(32, 'k');
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY = createPrivateKey({ key: Buffer.concat([PKCS8, SEED]), format: 'der', type: 'pkcs8' });
const PUBLIC = createPublicKey(KEY).export({ format: 'jwk' }).x as string;
const UINT8 = '/variants/uint8/model.json';

let collector: Collector;
let folder: string;
let told: string;
let envelope: { document: string };
let published: ConfigDocument;
let version = 100;

useWorldAndBrowser();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'inferfleet-canary-'));
  const built = join(folder, 'built');
  const make = `from pathlib import Path
from tests.integration.variants.folders import tfjs_folder
tfjs_folder(Path(${JSON.stringify(built)}), 'liveness', ('uint8',))`;
  execFileSync(join(ROOT, '.venv/bin/python'), ['-c', make], { cwd: ROOT });
  collector = await startCollector({
    INFERFLEET_APPS: JSON.stringify({ lab: { keys: ['lab-key'] } }),
    INFERFLEET_CONFIG__SIGNING_KEY: SEED.toString('base64'),
  });
  const engine = ['--engine-from', join(ROOT, 'node_modules')];
  await collector.command('variants', 'evaluate', built, ...engine, '--runs', '2', '--cell-seconds', '0');
  told = await collector.command('canary', 'record', built, '--app', 'lab', ...engine);
  await collector.command('publish', '--app', 'lab');
  envelope = (await (await fetch(`${collector.url}/v1/config/lab`)).json()) as { document: string };
  published = JSON.parse(envelope.document);
}, 600_000);

afterAll(async () => {
  await collector?.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  world.served.clear();
  for (const name of readdirSync(join(folder, 'built/uint8')))
    world.served.set(`/variants/uint8/${name}`, { body: readFileSync(join(folder, 'built/uint8', name)) });
});

/** The published document with a plan beside its canaries, signed as the collector does. */
function serve(plan?: ModelPlan, canaries = published.canaries): void {
  const models = plan ? { liveness: plan } : {};
  const document = JSON.stringify({ ...published, version: version++, models, canaries });
  const signature = sign(null, Buffer.from(document), KEY).toString('base64url');
  world.config = { document, signature };
}

const on = (backend: Backend, variant?: string): ModelPlan => ({
  arms: [{ backend, probability: 1, ...(variant && { variant, url: UINT8 }) }],
  fallbacks: ['wasm', 'cpu'],
});

interface Given {
  /** The backend whose convolutions answer so much too much. */
  wrong?: string;
  by?: number;
  id?: string | undefined;
  wrap?: boolean;
  /** What the page picks by itself. */
  start?: string;
}

/** Loads the model with its canary, and gives its answer to a grey picture. */
async function visit({ wrong, by = 0.02, id = published.canaries?.liveness?.id, wrap, start }: Given = {}) {
  const { page, errors } = await openLab(context, world);
  const visited = await page.evaluate(
    async ({ wrong, by, id, wrap, start, key }) => {
      const { tf, tfjs, tfjsCanary, monitor } = window.lab;
      if (start) await tf.setBackend(start);
      for (const kernel of wrong ? ['Conv2D', 'FusedConv2D'] : []) {
        const right = tf.getKernel(kernel, wrong as string);
        if (!right) throw new Error(`${wrong} has no ${kernel}`);
        tf.unregisterKernel(kernel, wrong as string);
        tf.registerKernel({
          ...right,
          kernelFunc(given) {
            const answer = [right.kernelFunc(given)].flat()[0] as (typeof given.inputs)[string];
            const b = tf.engine().makeTensor(new Float32Array([1 + by]), [1], 'float32');
            const multiply = tf.getKernel('Multiply', wrong as string)?.kernelFunc;
            return multiply?.({ inputs: { a: answer as never, b }, backend: given.backend }) as never;
          },
        });
      }
      const watching = monitor({ configBudgetMs: 20_000, configPublicKey: key });
      const lost: string[] = [];
      const heard = new Promise<void>((resolve) => {
        watching.on('lost', ({ kind, backend }) => {
          lost.push(`${kind} ${backend}`);
          resolve();
        });
      });
      const check = { canary: tfjsCanary(tf, { id }), canaryMs: 60_000 };
      const load = (url: string) => tf.loadGraphModel(url);
      const url = '/models/liveness.json';
      const adapter = tfjs(tf);
      const watched = wrap
        ? watching.wrap('liveness', await load(url), { adapter, check })
        : await watching.load('liveness', { adapter, url, load, check });
      if (wrap) await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 3_000))]);
      const { model, variant, source } = watched;
      const before = tf.memory().numTensors;
      const x = tf.fill([1, 32, 32, 3], 0.5);
      const y = model.predict(x) as import('@tensorflow/tfjs').Tensor;
      const answer = Array.from(await y.data());
      tf.dispose([x, y]);
      const left = tf.memory().numTensors - before;
      await watching.flush();
      return { variant, source, answer, lost, left, backend: watched.backend };
    },
    { wrong, by, id: id as string, wrap, start, key: PUBLIC },
  );
  expect(errors).toEqual([]);
  await page.close();
  return visited;
}

describe('the command', () => {
  it('says what the page needs, and what the canary is worth', () => {
    const id = published.canaries?.liveness?.id;
    expect(told).toContain(`liveness: canary ${id} is recorded, version 1`);
    expect(told).toContain(`check: { canary: tfjsCanary(tf, { id: '${id}' }) }`);
    expect(told).toContain('backends that agree: cpu, wasm, webgl, webgpu');
    expect(told).toMatch(/ {2}original: 2 values, each within 0\.00\d+\n {2}uint8: 2 values/);
  });

  it('reaches pages of an app that has no decision yet', () => {
    expect(published.models).toEqual({});
    expect(published.canaries?.liveness?.references.map(({ variants }) => variants)).toEqual([
      ['original'],
      ['uint8'],
    ]);
  });
});

describe('a backend that computes right passes', () => {
  it.each(['cpu', 'wasm', 'webgl', 'webgpu'] as const)(
    'on the original and on uint8: %s',
    async (backend) => {
      serve(on(backend));
      expect(await visit()).toMatchObject({ variant: 'original', source: 'config', lost: [] });
      serve(on(backend, 'uint8'));
      expect(await visit()).toMatchObject({ variant: 'uint8', source: 'config', lost: [] });
      expect(itemsOf(world, 'incidents')).toEqual([]);
    },
  );

  it('with half floats, as phones have', async () => {
    serve(on('webgl'));
    const { page } = await openLab(context, world);
    const source = await page.evaluate(
      async ({ id, key }) => {
        const { tf, tfjs, tfjsCanary, monitor } = window.lab;
        tf.env().set('WEBGL_FORCE_F16_TEXTURES', true);
        const { source } = await monitor({ configBudgetMs: 20_000, configPublicKey: key }).load('liveness', {
          adapter: tfjs(tf),
          url: '/models/liveness.json',
          load: (url) => tf.loadGraphModel(url),
          check: { canary: tfjsCanary(tf, { id }), canaryMs: 60_000 },
        });
        return source;
      },
      { id: published.canaries?.liveness?.id as string, key: PUBLIC },
    );
    expect(source).toBe('config');
  });

  it('by the very bytes that the collector serves', async () => {
    world.config = envelope;
    expect(await visit()).toMatchObject({ variant: 'original', lost: [], left: 0 });
    expect(itemsOf(world, 'incidents')).toEqual([]);
  });
});

describe('a backend that computes wrong and finite', () => {
  it.each([undefined, 'uint8'])(
    'is a wrong_output and a fallback with the right answer: %s',
    async (variant) => {
      serve(on('wasm'));
      const { answer: right } = await visit();
      world.reports.length = 0;
      serve(on('webgl', variant));
      const { answer, ...visited } = await visit({ wrong: 'webgl' });
      expect(visited).toMatchObject({ variant: 'original', source: 'fallback', left: 0 });
      for (const [i, value] of right.entries()) expect(answer[i]).toBeCloseTo(value, 4);
      const incidents = itemsOf(world, 'incidents').map(({ kind, backend }) => `${kind} ${backend}`);
      // The original on the same backend comes after a variant, and is as wrong.
      expect(new Set(incidents)).toEqual(new Set(['wrong_output webgl']));
      expect(itemsOf(world, 'loads')[0]?.fallbacks?.[0]).toMatchObject({ backend: 'webgl' });
    },
  );

  it('is told to a page without a plan, which loads the model again elsewhere if it likes', async () => {
    serve();
    expect(await visit({ wrong: 'webgl', start: 'webgl' })).toMatchObject({ lost: ['wrong_output webgl'] });
    expect(itemsOf(world, 'incidents')).toMatchObject([{ kind: 'wrong_output', backend: 'webgl' }]);
  });

  it('is told to a page that only wraps its model', async () => {
    serve();
    const given = { wrong: 'webgl', start: 'webgl', wrap: true };
    expect(await visit(given)).toMatchObject({ lost: ['wrong_output webgl'] });
  });

  it('does not win a race', async () => {
    serve(on('wasm'));
    await visit(); // a browser that has no install yet may not be drawn
    world.reports.length = 0;
    const arms = (['webgl', 'cpu', 'wasm'] as const).map((backend) => ({ backend }));
    serve({ ...on('wasm'), race: { share: 1, budget_ms: 60_000, arms } });
    const { answer: _, ...visited } = await visit({ wrong: 'webgl' });
    expect(visited).toMatchObject({ variant: 'original', source: 'race' });
    const [raced] = itemsOf(world, 'races');
    expect(raced?.results[0]).toMatchObject({ backend: 'webgl', outcome: 'wrong' });
    expect(raced?.winner).toBeGreaterThan(0);
    expect(itemsOf(world, 'incidents')).toMatchObject([{ kind: 'wrong_output', backend: 'webgl' }]);
  });
});

describe('a page is held to its own canary only', () => {
  it.each([
    ['of an older release, with another model', 'ffffffffffff'],
    ['that names none', ''],
  ])('%s', async (_, id) => {
    serve(on('webgl'));
    expect(await visit({ wrong: 'webgl', id })).toMatchObject({ source: 'config', lost: [] });
    expect(itemsOf(world, 'incidents')).toEqual([]);
  });

  it('and a variant that it was not recorded of is not held to it', async () => {
    const [original] = published.canaries?.liveness?.references ?? [];
    const id = published.canaries?.liveness?.id ?? '';
    serve(on('wasm', 'uint8'), { liveness: { id, references: original ? [original] : [] } });
    expect(await visit()).toMatchObject({ variant: 'uint8', source: 'config', lost: [] });
  });

  it('files that are another variant than the plan says are found', async () => {
    const swapped = { ...on('wasm', 'uint8') };
    for (const arm of swapped.arms) arm.variant = 'original';
    serve(swapped);
    expect(await visit()).toMatchObject({ source: 'fallback' });
    expect(itemsOf(world, 'incidents')).toMatchObject([
      { kind: 'wrong_output', backend: expect.stringMatching(/^wasm/) },
    ]);
  });
});

describe('canaries that make no sense leave the page alone', () => {
  const id = () => published.canaries?.liveness?.id;
  const reference = { variants: ['original'], values: [0.5, 0.5], tolerances: [0.1, 0.1] };
  it.each([
    ['no table', () => 5],
    ['no canary', () => ({ liveness: 5 })],
    ['no references', () => ({ liveness: { id: id() } })],
    ['no values', () => ({ liveness: { id: id(), references: [{ variants: ['original'] }] } })],
    ['no number', () => ({ liveness: { id: id(), references: [{ ...reference, values: [null, 'x'] }] } })],
    [
      'too few tolerances',
      () => ({ liveness: { id: id(), references: [{ ...reference, tolerances: [] }] } }),
    ],
    ['names of prototypes', () => JSON.parse('{"__proto__": {"liveness": 1}, "constructor": 2}')],
    ['ten thousand', () => Object.fromEntries(Array.from({ length: 1e4 }, (_, i) => [`m${i}`, 5]))],
  ])('%s', async (_, canaries) => {
    serve(on('wasm'), canaries() as never);
    expect(await visit({ wrong: 'wasm' })).toMatchObject({ variant: 'original', source: 'config', lost: [] });
    expect(itemsOf(world, 'incidents')).toEqual([]);
  });

  it('and two tabs at once run it each for itself', async () => {
    serve(on('webgl'));
    const both = await Promise.all([visit(), visit()]);
    expect(both).toMatchObject(Array(2).fill({ variant: 'original', source: 'config', lost: [], left: 0 }));
    expect(itemsOf(world, 'incidents')).toEqual([]);
  });
});

describe('through the collector that owns the store', () => {
  it('a canary is listed, shown and removed, and the next publication is without it', {
    timeout: 600_000,
  }, async () => {
    const id = published.canaries?.liveness?.id as string;
    const of = ['--app', 'lab', '--model', 'liveness'];
    expect(await collector.command('canary', 'list', '--app', 'lab')).toMatch(
      new RegExp(`^liveness +${id} +2 +original,uint8 +has it `, 'm'),
    );
    await collector.command('canary', 'remove', ...of, '--yes', '--note', 'a new model');
    await collector.command('publish', '--app', 'lab');
    const after = (await (await fetch(`${collector.url}/v1/config/lab?of=after`)).json()) as typeof envelope;
    expect(JSON.parse(after.document).canaries).toBeUndefined();
    await expect(collector.command('canary', 'remove', ...of, '--yes')).rejects.toThrow(
      'has no canary of liveness',
    );
  });
});
