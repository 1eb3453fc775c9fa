/**
 * Models whose hash the plan names, in a real browser with a real model: right files run, and what is not right is a
 * counted fallback with the right answer, whatever the page does with the third argument of its `load`.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ModelPlan, RaceArm } from '../../client_sdk_js/src/generated/config.js';
import { integrityOf, type PublishedModel, publishBlazeface, publishByCommand } from './published_model.js';
import { itemsOf } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

const NO_STORE = { 'cache-control': 'no-store' };
const FOR_EVER = { 'cache-control': 'public, max-age=31536000, immutable' };

const plan = (model: ModelPlan, version = 1) => ({
  document: JSON.stringify({
    app: 'lab',
    version,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: { blazeface: model, vad: model },
  }),
});

const armOf = ({ url, integrity }: Pick<PublishedModel, 'url' | 'integrity'>): RaceArm => ({
  backend: 'wasm',
  variant: 'published',
  url,
  integrity,
});

/** A plan that has every install run it. */
const planOf = (published: Pick<PublishedModel, 'url' | 'integrity'>, version?: number) =>
  plan({ arms: [{ ...armOf(published), probability: 1 }] }, version);

beforeEach(() => {
  world.served.clear();
  world.servedRequests.length = 0;
});

/** Loads blazeface by the plan, and predicts once. */
async function visit(passesOn = false, modelOrigins: string[] = []) {
  const { page, errors } = await openLab(context, world);
  const visited = await page.evaluate(
    async ({ passesOn, modelOrigins }) => {
      const { tf, tfjs, monitor, predict, BLAZEFACE } = window.lab;
      const platform = (tf.env() as unknown as { platform: { fetch: unknown } }).platform.fetch;
      const watching = monitor({ configBudgetMs: 20_000, modelOrigins });
      const { model, variant, source } = await watching.load('blazeface', {
        adapter: tfjs(tf),
        url: BLAZEFACE,
        load: (url, _backend, files) =>
          tf.loadGraphModel(url, passesOn && files ? { fetchFunc: files.fetch } : {}),
        check: { canary: predict },
      });
      const answer = await predict(model);
      const same = (tf.env() as unknown as { platform: { fetch: unknown } }).platform.fetch === platform;
      await watching.flush();
      return { variant, source, answer, same };
    },
    { passesOn, modelOrigins },
  );
  expect(errors).toEqual([]);
  expect(visited.same).toBe(true); // TensorFlow.js fetches as it did before
  await page.close();
  return visited;
}

let known: number[] | undefined;

/** What the page's own model answers on the same backend. */
async function rightAnswer(): Promise<number[]> {
  if (known) return known;
  world.config = plan({ arms: [{ backend: 'wasm', probability: 1 }] });
  known = (await visit()).answer;
  world.reports.length = 0;
  return known;
}

const SPOILT: Record<string, (published: PublishedModel) => void> = {
  'a truncated shard': ({ alike: [path] }) => change(path, (bytes) => bytes.subarray(0, -4)),
  'swapped shards': ({ alike: [one, other] }) => {
    const [first, second] = [bytesOf(one), bytesOf(other)];
    change(one, () => second);
    change(other, () => first);
  },
  'a 404 page as long as the weights': ({ alike: [path] }) =>
    change(path, (bytes) => Buffer.alloc(bytes.length, 'not here '), 404),
  'a page as long as the weights': ({ alike: [path] }) =>
    change(path, (bytes) => Buffer.alloc(bytes.length, 'not here ')),
  'other bytes in model.json': ({ url }) =>
    change(url, (bytes) =>
      Buffer.from(bytes.toString().replace('"Relu6"', '"Relu"').replace('"Relu"', '"Elu"')),
    ),
  'no shard': ({ shards: [path = ''] }) => world.served.delete(path),
};

const bytesOf = (path: string) => Buffer.from(world.served.get(path)?.body as Uint8Array);
function change(path: string, to: (bytes: Buffer) => Buffer, status = 200): void {
  world.served.set(path, { ...world.served.get(path), body: to(bytesOf(path)), status });
}

describe('right files', () => {
  it.each([
    ['passes fetch on', true],
    ['does not', false],
  ])(
    'run, and are downloaded once, from a server that forbids caches, when the page %s',
    async (_, passesOn) => {
      const right = await rightAnswer();
      const published = publishBlazeface(world, NO_STORE);
      world.config = planOf(published, 2);
      expect(await visit(passesOn)).toMatchObject({ variant: 'published', source: 'config', answer: right });
      expect(world.servedRequests.toSorted()).toEqual([published.url, ...published.shards].toSorted());
      expect(itemsOf(world, 'incidents')).toEqual([]);
      expect(itemsOf(world, 'loads')).toMatchObject([{ backend: expect.stringMatching(/^wasm/) }]);
    },
  );

  it('run as `inferfleet variants publish` wrote them', async () => {
    const right = await rightAnswer();
    world.config = planOf(publishByCommand(world), 2);
    expect(await visit()).toMatchObject({ variant: 'published', source: 'config', answer: right });
    expect(world.servedRequests).toHaveLength(2);
  });

  it('are not downloaded on the next visit', async () => {
    const published = publishBlazeface(world, FOR_EVER);
    world.config = planOf(published);
    await visit();
    world.servedRequests.length = 0;
    expect(await visit()).toMatchObject({ variant: 'published' });
    expect(world.servedRequests).toEqual([]);
  });

  it('heal a cache that kept a wrong one for a year', async () => {
    const published = publishBlazeface(world, FOR_EVER);
    const right = new Map(world.served);
    SPOILT['a truncated shard']?.(published);
    world.config = planOf(published, 1);
    expect(await visit()).toMatchObject({ variant: 'original', source: 'fallback' });
    for (const [path, served] of right) world.served.set(path, served);
    world.config = planOf(published, 2); // a new version, a new try
    world.servedRequests.length = 0;
    expect(await visit()).toMatchObject({ variant: 'published', source: 'config' });
    // The wrong shard stopped the first visit's downloads: the browser kept those that had ended by then.
    expect(world.servedRequests).toContain(published.alike[0]);
    expect(world.servedRequests).toEqual([...new Set(world.servedRequests)]);
    expect([published.url, ...published.shards]).toEqual(expect.arrayContaining(world.servedRequests));
  });

  it('of another origin run when that allows it, and fall back when not', async () => {
    const other = world.origin.replace('127.0.0.1', 'localhost');
    const elsewhere = ({ url, ...rest }: PublishedModel) => ({ ...rest, url: other + url });
    world.config = planOf(elsewhere(publishBlazeface(world, { 'access-control-allow-origin': '*' })));
    expect(await visit(false, [other])).toMatchObject({ variant: 'published', source: 'config' });
    world.reports.length = 0;
    world.config = planOf(elsewhere(publishBlazeface(world, NO_STORE)), 2);
    expect(await visit(false, [other])).toMatchObject({ variant: 'original', source: 'fallback' });
    expect(itemsOf(world, 'incidents')).toMatchObject([{ kind: 'fallback', error: 'TypeError' }]);
  });
});

describe('files that are not right', () => {
  const each = Object.keys(SPOILT).map((name, i): [string, boolean] => [name, i % 2 === 1]);

  it.each(each)('end in the fallback with the right answer, and are counted: %s', async (name, passesOn) => {
    const right = await rightAnswer();
    const published = publishBlazeface(world, NO_STORE);
    SPOILT[name]?.(published);
    world.config = planOf(published, 2);
    const { answer, ...visited } = await visit(passesOn);
    expect(visited).toMatchObject({ variant: 'original', source: 'fallback' });
    expect(answer).toEqual(right);
    const fallback = { variant: 'published', error: 'IntegrityError' };
    expect(itemsOf(world, 'incidents')).toMatchObject([
      { kind: 'fallback', model: 'blazeface', ...fallback },
    ]);
    expect(itemsOf(world, 'loads')[0]?.fallbacks).toMatchObject([fallback]);
    expect(itemsOf(world, 'exposures')).toMatchObject([{ source: 'fallback' }]);
  });

  // What the tests above are there for: TensorFlow.js by itself takes these for weights.
  it.each(['swapped shards', 'a 404 page as long as the weights'])(
    'run and answer wrong where no plan names their hash: %s',
    async (name) => {
      const right = await rightAnswer();
      const published = publishBlazeface(world, NO_STORE);
      SPOILT[name]?.(published);
      world.config = planOf({ ...published, integrity: null as unknown as string }, 2);
      const { answer, variant } = await visit();
      expect(variant).toBe('published');
      expect(answer).not.toEqual(right);
    },
  );

  it('cost a race its arm, and are counted', async () => {
    const published = publishBlazeface(world, NO_STORE);
    SPOILT['swapped shards']?.(published);
    world.config = plan({
      arms: [{ backend: 'wasm', probability: 1 }],
      race: {
        share: 1,
        budget_ms: 60_000,
        arms: [armOf(published), { backend: 'wasm' }, { backend: 'cpu' }],
      },
    });
    await visit(); // a browser that has no install yet may not be drawn
    expect(await visit()).toMatchObject({ variant: 'original' });
    const [raced] = itemsOf(world, 'races');
    expect(raced?.results.map(({ variant, outcome }) => [variant, outcome])).toEqual([
      ['published', 'failed'],
      ['original', 'measured'],
      ['original', expect.stringMatching(/measured|hopeless/)],
    ]);
    expect(itemsOf(world, 'incidents')).toMatchObject([
      { kind: 'fallback', variant: 'published', error: 'IntegrityError' },
    ]);
  });
});

describe('an .onnx', () => {
  const require = createRequire(import.meta.url);
  const bytes = readFileSync(require.resolve('@ricky0123/vad-web/dist/silero_vad_v5.onnx'));

  const CASES = [
    { name: 'passed on, no cache', headers: NO_STORE, passesOn: true, times: 1 },
    { name: 'loaded by its URL, no cache', headers: NO_STORE, passesOn: false, times: 2 },
    { name: 'loaded by its URL, a cache', headers: FOR_EVER, passesOn: false, times: 1 },
    { name: 'another byte', headers: NO_STORE, passesOn: true, times: 2, spoilt: true },
  ];

  it('is checked, and downloaded as often as caches and its page have it; a single other byte is a counted fallback', async () => {
    const other = Buffer.from(bytes);
    other[bytes.length / 2] = (other[bytes.length / 2] ?? 0) ^ 1;
    const { page, errors } = await openLab(context, world, 'engines');
    await page.waitForFunction(() => window.engines);
    for (const [i, { name, headers, passesOn, times, spoilt }] of CASES.entries()) {
      const url = `/published/vad/${i}.onnx`;
      world.served.set(url, { body: spoilt ? other : bytes, headers });
      world.config = planOf({ url, integrity: integrityOf(bytes) }, i + 1);
      const visited = await page.evaluate(async (passesOn) => {
        const { onnx, ort, createOwn, sound } = window.engines;
        const watching = createOwn({ configBudgetMs: 20_000 });
        const providers = { executionProviders: ['wasm'] };
        const { model, variant, source } = await watching.load('vad', {
          adapter: ort(onnx),
          url: '/vad/silero_vad_v5.onnx',
          async load(url, _backend, files) {
            if (!passesOn || !files) return onnx.InferenceSession.create(url, providers);
            return onnx.InferenceSession.create(await (await files.fetch(url)).arrayBuffer(), providers);
          },
        });
        const { output } = await model.run(sound());
        await watching.flush();
        watching.close();
        return { variant, source, answer: Array.from(output?.data as Float32Array) };
      }, passesOn);
      const expected = spoilt ? ['original', 'fallback'] : ['published', 'config'];
      expect({ name, ...visited }).toMatchObject({ name, variant: expected[0], source: expected[1] });
      expect({ name, times: world.servedRequests.filter((path) => path === url).length }).toEqual({
        name,
        times,
      });
    }
    expect(errors).toEqual([]);
    expect(itemsOf(world, 'incidents')).toMatchObject([{ kind: 'fallback', error: 'IntegrityError' }]);
  });
});
