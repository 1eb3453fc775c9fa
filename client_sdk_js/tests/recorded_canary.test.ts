/** A recorded canary in the config: which models are held to it, and to which of its answers. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Canary, ConfigDocument, ModelPlan, RecordedCanary } from '../src/generated/config.js';
import { createMonitor, type Monitor } from '../src/index.js';
import { agrees, referenceOf } from '../src/later/canary.js';
import { readDocument } from '../src/later/document.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

const ID = 'a1b2c3d4e5f6';
const RECORDED: RecordedCanary = {
  id: ID,
  references: [
    { variants: ['original', 'float16'], values: [1, 200], tolerances: [0.01, 5] },
    { variants: ['uint8'], values: [1.1, 210], tolerances: [0.01, 5] },
  ],
};
const WEBGPU: ModelPlan = {
  arms: [{ backend: 'webgpu', variant: 'original', probability: 1 }],
  fallbacks: ['wasm-simd', 'cpu'],
};
const base = { app: 'lab', version: 3, device_class: '*', issued_at: 0, expires_at: 9e15 };

describe('what a document says of it', () => {
  const read = (face: unknown) =>
    readDocument(JSON.stringify({ ...base, models: {}, canaries: { face } })).canaries?.face;

  it('is read as it is', () => {
    expect(read(RECORDED)).toEqual(RECORDED);
    expect(readDocument(JSON.stringify({ ...base, models: {} }))).not.toHaveProperty('canaries');
  });

  const [reference] = RECORDED.references;
  it.each([
    ['no object', 7],
    ['no id', { references: RECORDED.references }],
    ['no references', { id: ID, references: [] }],
    ['references that are none', { id: ID, references: [7] }],
    ['too many references', { id: ID, references: Array(65).fill(reference) }],
    ['no variants', { id: ID, references: [{ ...reference, variants: [] }] }],
    ['a value that is none', { id: ID, references: [{ ...reference, values: [1, '2'] }] }],
    ['too many values', { id: ID, references: [{ ...reference, values: Array(257).fill(1) }] }],
    ['a tolerance too few', { id: ID, references: [{ ...reference, tolerances: [1] }] }],
    ['tolerances that are none', { id: ID, references: [{ ...reference, tolerances: [null, null] }] }],
  ])('is left out when it makes no sense: %s', (_, canary) => {
    expect(read(canary)).toBeUndefined();
  });
});

describe('the right answer', () => {
  const of = (variant: string, id: string | undefined, models: Record<string, ModelPlan> = {}) =>
    referenceOf('face', variant, { document: { ...base, models, canaries: { face: RECORDED } } } as never, {
      id,
    });

  it('is of the variant that runs, when the page names the canary', () => {
    expect(of('float16', ID)?.values).toEqual([1, 200]);
    expect(of('uint8', ID)?.values).toEqual([1.1, 210]);
    expect(of('pruned', ID)).toBeUndefined();
    expect(of('original', 'ffffffffffff')).toBeUndefined();
    expect(of('original', undefined)).toBeUndefined();
    expect(referenceOf('face', 'original', undefined, { id: ID })).toBeUndefined();
    expect(
      referenceOf('constructor', 'original', { document: { ...base } } as never, { id: ID }),
    ).toBeUndefined();
  });

  it('is the plan’s own where that has one, whatever the page names', () => {
    const canary: Canary = { values: [7], tolerance: 1 };
    expect(of('original', ID, { face: { ...WEBGPU, canary } })).toEqual(canary);
    expect(of('original', undefined, { face: { ...WEBGPU, canary } })).toEqual(canary);
  });

  it('has a tolerance for each value', () => {
    const [right] = RECORDED.references;
    if (!right) throw new Error('there is one');
    expect(agrees([1.009, 204], right)).toBe(true);
    expect(agrees([1.02, 200], right)).toBe(false);
    expect(agrees([1, 206], right)).toBe(false);
    expect(agrees([1], right)).toBe(false);
  });
});

describe('a page', () => {
  let host: FakeHost;
  let adapter: FakeAdapter;
  let monitor: Monitor;
  let told: string[];

  beforeEach(() => {
    host = new FakeHost();
    adapter = new FakeAdapter();
    told = [];
    monitor = createMonitor({ app: 'lab', endpoint: '', host, hangMs: 10_000 });
    monitor.on('incident', ({ kind, model, backend }) => told.push(`${kind} ${model} ${backend}`));
    monitor.on('lost', ({ kind, backend }) => told.push(`lost ${kind} ${backend}`));
  });
  afterEach(() => monitor.close());

  const serve = (models: Record<string, ModelPlan>) => {
    const document: ConfigDocument = { ...base, models, canaries: { face: RECORDED } };
    host.answer = (url) =>
      url.includes('/v1/config/') ? Response.json({ document: JSON.stringify(document) }) : accepted();
  };
  const canary = (answer: (backend: string) => number[] | null, id = ID) =>
    Object.assign(({ on }: { on: string }) => answer(on), { id });

  async function load(run: ReturnType<typeof canary>) {
    const loading = monitor.load('face', {
      adapter,
      url: '/f.json',
      load: async () => ({ ...fakeModel(''), on: adapter.current, dispose: () => undefined }),
      check: { canary: run },
    });
    await host.advance(10);
    return loading;
  }
  const wrongOnWebgpu = (backend: string) => [backend === 'webgpu' ? 1.05 : 1, 200];

  it('whose plan chose a wrong backend gets the next one', async () => {
    serve({ face: WEBGPU });
    expect(await load(canary(wrongOnWebgpu))).toMatchObject({ source: 'fallback', backend: 'wasm-simd' });
    expect(told).toEqual(['wrong_output face webgpu']);
  });

  it('with another model, or without the input, is left alone', async () => {
    serve({ face: WEBGPU });
    expect(await load(canary(wrongOnWebgpu, 'ffffffffffff'))).toMatchObject({ backend: 'webgpu' });
    expect(await load(canary(() => null))).toMatchObject({ backend: 'webgpu' });
    expect(told).toEqual([]);
  });

  it('without a plan is told that its model is wrong', async () => {
    serve({});
    await load(canary(() => [9, 9]));
    await host.advance(100);
    expect(told).toEqual([
      expect.stringMatching(/^wrong_output face/),
      expect.stringMatching(/^lost wrong_output/),
    ]);
  });
});
