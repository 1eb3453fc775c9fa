/** Page lives that end without notice: what the next one tells of them, and what it does not run again. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Arm } from '../src/generated/config.js';
import type { Incident } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions, type WatchedModel } from '../src/index.js';
import { FakeAdapter, type FakeModel, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';
import { FakeLocks } from './fake_locks.js';

const NEVER = new Promise<never>(() => undefined);
const DAY = 24 * 3600 * 1000;

class Visit {
  readonly host = new FakeHost();
  readonly adapter = new FakeAdapter();
  monitor!: Monitor;
  die = (): void => undefined;
  /** Batch ids of reports that told of a killed page. */
  get told(): Incident[] {
    return this.host.sent
      .flatMap(({ report }) => report.incidents ?? [])
      .filter(({ kind }) => kind === 'killed');
  }
  get batches(): string[] {
    const killed = this.host.sent.filter(({ report }) =>
      report.incidents?.some(({ kind }) => kind === 'killed'),
    );
    return killed.map(({ report }) => report.batch_id);
  }
  get exposed(): string[] {
    return this.host.sent
      .flatMap(({ report }) => report.exposures ?? [])
      .map(({ backend, source }) => `${source} ${backend}`);
  }
}

/** One browser: its storage, its locks and its clock. */
let kept: Map<string, string>;
let locks: FakeLocks;
let time: number;
let arms: Arm[] | undefined;
let withLocks: boolean;

beforeEach(() => {
  kept = new Map();
  locks = new FakeLocks();
  time = 1_000;
  arms = [{ backend: 'webgl', probability: 1 }];
  withLocks = true;
});
afterEach(() => void vi.unstubAllGlobals());

function open(options: Partial<MonitorOptions> = {}, optsOut = false): Visit {
  const visit = new Visit();
  const page = locks.page();
  visit.die = page.die;
  visit.host.kept = kept;
  visit.host.time = time;
  visit.host.answer = (url) => {
    if (!url.includes('/v1/config/')) return accepted();
    if (!arms) return new Response('', { status: 404 });
    const document = {
      app: 'lab',
      version: 3,
      device_class: '*',
      issued_at: 0,
      expires_at: 9e15,
      models: { face: { arms, fallbacks: ['wasm-simd', 'cpu'] } },
    };
    return Response.json({ document: JSON.stringify(document) });
  };
  vi.stubGlobal('navigator', {
    userAgent: '',
    onLine: true,
    globalPrivacyControl: optsOut,
    locks: withLocks ? page.locks : undefined,
  });
  visit.monitor = createMonitor({ app: 'lab', endpoint: 'https://c.example', host: visit.host, ...options });
  return visit;
}

async function pass(visit: Visit, ms: number): Promise<void> {
  await visit.host.advance(ms);
  time = Math.max(time, visit.host.time);
}

type Load = Partial<Parameters<Monitor['load']>[1]>;
async function load(visit: Visit, options: Load = {}): Promise<WatchedModel<FakeModel> | undefined> {
  const loading = visit.monitor.load('face', {
    adapter: visit.adapter,
    url: '/face.json',
    load: async (url: string) => fakeModel(url),
    ...options,
  } as Parameters<Monitor['load']>[1]);
  await pass(visit, 400);
  return Promise.race([loading, Promise.resolve(undefined)]) as Promise<WatchedModel<FakeModel> | undefined>;
}

/** A life that is killed in that phase. */
async function dieIn(
  phase: 'start' | 'load' | 'first_prediction' | 'predict',
  options: Load = {},
): Promise<Visit> {
  const visit = open();
  if (phase === 'start') visit.adapter.start = () => NEVER;
  const watched = await load(visit, { ...(phase === 'load' && { load: () => NEVER }), ...options });
  if (phase === 'predict') watched?.model.predict(1);
  visit.die();
  if (phase === 'start') {
    // The starts of one module wait for each other, and here all pages share it. What is kept is of before.
    const before = [...kept];
    await visit.host.advance(120_000);
    kept.clear();
    for (const [key, value] of before) kept.set(key, value);
  }
  time += 1_000;
  return visit;
}

const crumbs = () => [...kept.keys()].filter((key) => key.includes(':crumb:'));
const died = (phase: string, backend = 'webgl') => ({ model: 'face', backend, phase, kind: 'killed' });

describe('a page that was killed', () => {
  it.each(['start', 'load', 'first_prediction', 'predict'] as const)('in %s is told once', async (phase) => {
    await dieIn(phase);
    const next = open();
    await load(next);
    await pass(next, 2_000);
    expect(next.told).toEqual([expect.objectContaining(died(phase))]);
    next.host.hide();
    const third = open();
    await load(third);
    await pass(third, 2_000);
    expect(third.told).toEqual([]);
  });

  it('is told of again until that has arrived, and then by the same report', async () => {
    await dieIn('load');
    const next = open();
    next.host.answer = () => Promise.reject(new TypeError('offline'));
    await load(next, { load: () => NEVER });
    await pass(next, 5_000);
    next.die();
    time += 1_000;
    const third = open();
    await load(third);
    await pass(third, 5_000);
    expect(third.told).toHaveLength(2);
    expect(new Set(third.batches).size).toBe(2);
    expect(crumbs().filter((key) => third.batches.some((id) => key.endsWith(id)))).toEqual([]);
  });

  it('is told of by two tabs as one report', async () => {
    await dieIn('load');
    const [one, other] = [open(), open()];
    await Promise.all([load(one), load(other)]);
    await Promise.all([pass(one, 2_000), pass(other, 2_000)]);
    expect(one.batches).toHaveLength(1);
    expect(other.batches).toEqual(one.batches);
  });

  it('is not told of again to a collector that does not know of such', async () => {
    await dieIn('load');
    const next = open();
    const { answer } = next.host;
    next.host.answer = (url, init) =>
      url.includes('/v1/report') ? new Response('', { status: 422 }) : answer(url, init);
    await load(next);
    await pass(next, 5_000);
    expect(crumbs()).toHaveLength(1); // its own
  });

  it('is what it was about to do, whatever else it predicted with', async () => {
    const visit = open();
    (await load(visit))?.model.predict(1);
    void visit.monitor.load('hand', { adapter: visit.adapter, url: '/hand.json', load: () => NEVER });
    await pass(visit, 400);
    visit.die();
    time += 1_000;
    const next = open();
    await load(next);
    await pass(next, 2_000);
    expect(next.told.map(({ model, phase }) => `${model} ${phase}`)).toEqual(['hand load']);
  });

  it('is known of for a model that was only wrapped, too', async () => {
    const visit = open();
    visit.adapter.current = 'webgl';
    const { model } = visit.monitor.wrap('face', fakeModel(''), { adapter: visit.adapter });
    await pass(visit, 400);
    expect(crumbs()).toEqual([]);
    model.predict(1);
    await pass(visit, 1);
    visit.die();
    time += 1_000;
    const next = open();
    await load(next);
    await pass(next, 2_000);
    expect(next.told).toEqual([expect.objectContaining({ ...died('predict'), steerable: false })]);
  });

  it('is told of only where both measure', async () => {
    const visit = open({}, true);
    await load(visit);
    visit.die();
    time += 1_000;
    const next = open();
    await load(next);
    await pass(next, 2_000);
    expect(next.told).toEqual([]);
  });
});

describe('a page that ends, hides or lives', () => {
  it.each(['hide', 'close', 'consent'] as const)('by %s leaves nothing', async (end) => {
    const visit = open();
    (await load(visit))?.model.predict(1);
    expect(crumbs()).toHaveLength(1);
    if (end === 'hide') visit.host.hide();
    if (end === 'close') visit.monitor.close();
    if (end === 'consent') visit.monitor.consent(false);
    await pass(visit, 1);
    expect(crumbs()).toEqual([]);
  });

  it('leaves a new one when it is shown again', async () => {
    const visit = open();
    (await load(visit))?.model.predict(1);
    visit.host.hide();
    visit.host.show();
    expect(crumbs()).toHaveLength(1);
  });

  it('is not told of while it lives', async () => {
    const visit = open();
    (await load(visit))?.model.predict(1);
    time += 10_000;
    const next = open();
    await load(next);
    await pass(next, 5_000);
    expect(next.told).toEqual([]);
    expect(crumbs()).toHaveLength(2);
  });

  it('has nothing written by predictions, and leaves nothing while it makes none', async () => {
    const visit = open();
    const watched = await load(visit);
    watched?.model.predict(1);
    watched?.model.predict(1);
    const { setItem } = visit.host.storage;
    let writes = 0;
    visit.host.storage.setItem = (key, value) => {
      writes++;
      setItem(key, value);
    };
    for (let i = 0; i < 1_000; i++) watched?.model.predict(i);
    expect(writes).toBe(0);
    await pass(visit, 130_000);
    expect(crumbs()).toEqual([]);
    watched?.model.predict(1);
    expect(crumbs()).toHaveLength(1);
  });

  it('without locks counts as alive for a minute', async () => {
    withLocks = false;
    await dieIn('predict');
    const next = open();
    await load(next);
    await pass(next, 2_000);
    expect(next.told).toEqual([]);
    await pass(next, 120_000);
    expect(next.told).toEqual([expect.objectContaining(died('predict'))]);
  });
});

describe('storage', () => {
  it.each(['{', 'null', '[]', '{"steps":1}', '{"at":0,"told":true,"steps":[{"model":"<script>"}]}'])(
    'that holds %s tells nothing and is tidied',
    async (value) => {
      kept.set('inferfleet:crumb:lab:aaaaaaaaaaaaaaaaaaaaaa', value);
      kept.set('inferfleet:crumb:lab:??', '{"at":0,"told":true,"steps":[]}');
      kept.set('inferfleet:deaths:lab', value);
      const visit = open();
      expect((await load(visit))?.backend).toBe('webgl');
      await pass(visit, 2_000);
      expect(visit.told).toEqual([]);
      expect(visit.host.sent.flatMap(({ report }) => report.incidents ?? [])).toEqual([]);
      expect(crumbs()).toHaveLength(1);
    },
  );

  it.each(['{}', '{"backend":7}', '{"backend":null}', '{"backend":"webgl","at":"soon"}', '{"at":null}'])(
    'that holds the death %s of this very model bars nothing, and the model loads',
    async (spoilt) => {
      const death = {
        life: 'a'.repeat(22),
        at: 1_800_000_000_000 + time,
        model: 'face',
        variant: 'original',
        ...JSON.parse(spoilt),
      };
      kept.set('inferfleet:deaths:lab', JSON.stringify([death, death, null, 'x', []]));
      const visit = open();
      const watched = await load(visit);
      expect(watched).toMatchObject({ backend: 'webgl', source: 'config' });
      expect(watched?.model.predict(2)).toBe(4);
    },
  );

  it('that refuses everything costs the page nothing', async () => {
    const visit = open();
    const refuse = () => {
      throw new DOMException('', 'SecurityError');
    };
    Object.assign(visit.host.storage, { getItem: refuse, setItem: refuse, removeItem: refuse, key: refuse });
    const watched = await load(visit);
    expect(watched?.model.predict(2)).toBe(4);
    visit.host.hide();
    expect(visit.host.sent.flatMap(({ report }) => report.incidents ?? [])).toEqual([]);
  });
});

describe('an arm that killed this device twice', () => {
  it('is not tried for a day', async () => {
    await dieIn('load');
    await dieIn('load');
    const third = open();
    expect(await load(third)).toMatchObject({ backend: 'wasm-simd', source: 'fallback' });
    expect(third.adapter.started).toEqual(['wasm-simd']);
    await third.monitor.flush();
    await pass(third, 1);
    expect(third.exposed).toEqual(['fallback wasm-simd']);
    third.host.hide();
    time += DAY;
    expect(await load(open())).toMatchObject({ backend: 'webgl', source: 'config' });
  });

  it('does not leave the page without its model when all arms did', async () => {
    const at = 1_800_000_000_000 + time;
    const backends = ['cpu', 'wasm', 'wasm-simd', 'wasm-simd-threads', 'webgl', 'webgpu', 'webnn', 'other'];
    const deaths = backends.flatMap((backend) =>
      [1, 2].map((n) => ({
        life: `${backend}${n}`,
        at,
        model: 'face',
        variant: 'original',
        backend,
        natural: true,
      })),
    );
    kept.set('inferfleet:deaths:lab', JSON.stringify(deaths));
    expect((await load(open()))?.model.predict(2)).toBe(4);
  });

  it('is tried after one death', async () => {
    await dieIn('load');
    expect(await load(open())).toMatchObject({ backend: 'webgl' });
  });

  it('is not what the library picks by itself either, with a plan or without', async () => {
    arms = undefined;
    await dieIn('first_prediction');
    await dieIn('predict');
    const third = open();
    expect(await load(third)).toMatchObject({ source: 'fallback' });
    expect(third.adapter.current).not.toBe('webgl');
  });

  it('is left to a page that forces it, or steers nothing', async () => {
    await dieIn('load');
    await dieIn('load');
    expect(await load(open(), { override: { backend: 'webgl' } })).toMatchObject({ source: 'override' });
    expect((await load(open({ remoteConfig: false })))?.backend).toBe('webgl');
  });

  it('is that of one variant', async () => {
    arms = [{ backend: 'webgl', variant: 'float16', probability: 1 }];
    const variants = { original: '/face.json', float16: '/face16.json' };
    await dieIn('load', { variants });
    await dieIn('load', { variants });
    expect(await load(open(), { variants })).toMatchObject({ variant: 'original', source: 'fallback' });
  });
});
