/** What a live display is given: durations, stages, incidents, and why each model runs as it does. */

import { beforeEach, expect, it } from 'vitest';
import { any } from '../src/any.js';
import type { ConfigDocument } from '../src/generated/config.js';
import type { Window } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost, settle } from './fake_host.js';

let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;

const start = (options: Partial<MonitorOptions> = {}) => {
  monitor = createMonitor({
    app: 'lab',
    endpoint: 'https://c.example',
    host,
    remoteConfig: false,
    ...options,
  });
};

/** One span of a stage, on the test's clock. */
function span(stage: string, ms: number, model?: string): void {
  const end = monitor.stage(stage, model ? { model } : {});
  host.time += ms;
  end();
}

beforeEach(() => {
  host = new FakeHost();
  adapter = new FakeAdapter();
});

it('has all its lists, empty, before the lazily loaded part is there', () => {
  start();
  expect(monitor.snapshot()).toEqual({
    enabled: true,
    session: expect.any(String),
    models: [],
    stages: [],
    incidents: [],
    reports: { acknowledged: 0, queued: 0, dropped: 0 },
  });
});

it('gives durations as buckets with their edges in ms, and quantiles out of them', async () => {
  start();
  const face = monitor.wrap('face', { predict: (ms: number) => (host.time += ms) }, { adapter });
  await settle();
  for (const ms of [10, 10, 10, 200]) face.model.predict(ms);
  const [seen] = monitor.snapshot().models;
  expect(seen).toMatchObject({ model: 'face', engine: 'tfjs', threads: 0, chosen: {}, count: 4 });
  for (const durations of [seen?.dispatch_ms, seen?.ready_ms]) {
    expect(durations?.count).toBe(4);
    expect(durations?.buckets.map(({ count }) => count)).toEqual([3, 1]);
    for (const { from_ms, to_ms } of durations?.buckets ?? []) expect(to_ms / from_ms).toBeCloseTo(1.04);
    const [short, long] = durations?.buckets ?? [];
    expect(short?.from_ms).toBeLessThanOrEqual(10);
    expect(short?.to_ms).toBeGreaterThan(10);
    expect(long?.from_ms).toBeLessThanOrEqual(200);
    expect(long?.to_ms).toBeGreaterThan(200);
    expect(Math.abs((durations?.p50 ?? 0) / 10 - 1)).toBeLessThan(0.02);
    expect(Math.abs((durations?.p99 ?? 0) / 200 - 1)).toBeLessThan(0.02);
  }
});

it('adds up the stages of the whole page life, windows that were sent and the open one', async () => {
  start();
  span('pre', 5, 'face');
  span('frame', 20);
  await monitor.flush();
  span('frame', 40);
  span('frame', 40);
  const { stages } = monitor.snapshot();
  expect(stages.map(({ stage, model, span_ms }) => [stage, model, span_ms.count])).toEqual([
    ['pre', 'face', 1],
    ['frame', undefined, 3],
  ]);
  expect(Math.abs((stages[1]?.span_ms.p50 ?? 0) / 40 - 1)).toBeLessThan(0.02);
  await monitor.flush();
  expect(monitor.snapshot().stages).toEqual(stages); // over the wire's form, gaps between buckets included
});

it('does not grow with the names of stages', async () => {
  start();
  for (let i = 0; i < 300; i++) {
    span(`frame${i}`, 1);
    if (i % 30 === 29) await monitor.flush();
  }
  expect(monitor.snapshot().stages.length).toBeLessThanOrEqual(96);
});

/** A model that throws, watched by an adapter that follows what it calls. */
const broken = (name: string) => {
  const model = {
    run(): number {
      throw new TypeError('no');
    },
  };
  monitor.wrap(name, model, { adapter: any({ backend: 'cpu' }) });
  return () => expect(() => model.run()).toThrow('no');
};

it('keeps incidents, each once with its count, those from before the lazy part included', async () => {
  start();
  const run = broken('text');
  monitor.wrap('face', fakeModel(''), { adapter });
  run();
  run();
  await settle();
  run();
  host.time += 1_000;
  await monitor.flush();
  run();
  adapter.lose('context_lost', 'webgl');
  const at = host.epoch();
  expect(monitor.snapshot().incidents).toEqual([
    { model: 'text', backend: 'cpu', kind: 'error', error: 'TypeError', at, count: 4 },
    { model: 'face', backend: 'webgl', kind: 'context_lost', at, count: 1 },
  ]);
});

it('keeps the latest 32 incidents', async () => {
  start();
  for (let i = 0; i < 50; i++) {
    const run = broken(`m${i}`);
    await settle();
    run();
  }
  const { incidents } = monitor.snapshot();
  expect(incidents).toHaveLength(32);
  expect(incidents.at(-1)?.model).toBe('m49');
});

it('says why a model runs as it does: the config, its device class, the odds, what did not start', async () => {
  host.answer = (url) => {
    if (!url.includes('/v1/config/')) return accepted();
    const document: ConfigDocument = {
      app: 'lab',
      version: 7,
      device_class: 'form=desktop,os=linux',
      issued_at: 0,
      expires_at: 9e15,
      models: { face: { arms: [{ backend: 'webgpu', probability: 0.75 }], fallbacks: ['wasm'] } },
    };
    return Response.json({ document: JSON.stringify(document) });
  };
  start({ remoteConfig: true });
  adapter.startable.delete('webgpu');
  adapter.startable.add('wasm');
  const loading = monitor.load('face', { adapter, url: '/face.json', load: async (url) => fakeModel(url) });
  await host.advance(1);
  await loading;
  expect(monitor.snapshot().models[0]).toMatchObject({
    backend: 'wasm',
    source: 'fallback',
    chosen: {
      config_version: 7,
      device_class: 'form=desktop,os=linux',
      fallbacks: [{ backend: 'webgpu', error: 'other' }],
    },
  });
});

it('tells growth a prediction in bytes as in tensors, and drops by reason', async () => {
  start();
  host.answer = () => new Response(null, { status: 400 });
  const face = monitor.wrap('face', fakeModel(''), { adapter });
  await monitor.flush(); // the lazily loaded part keeps what was seen
  for (let i = 0; i < 30; i++) {
    face.model.predict(i);
    adapter.tensors += 2;
  }
  await monitor.flush();
  const { models, drops, reports } = monitor.snapshot();
  expect(models[0]).toMatchObject({ tensors_per_prediction: 2, bytes_per_prediction: 8 });
  expect(models[0]?.gpu_bytes_per_prediction).toBeUndefined();
  expect(drops).toEqual({ rejected: 2 });
  expect(reports.dropped).toBe(2);
});

it('goes on counting over models of one name: one that is loaded anew and not disposed of grows', async () => {
  start();
  const windows: Window[] = [];
  monitor.on('window', (window) => windows.push(window));
  await monitor.flush();
  for (let task = 0; task < 20; task++) {
    const { model, unwrap } = monitor.wrap('face', fakeModel(''), { adapter });
    model.predict(task);
    adapter.tensors += 4;
    unwrap();
  }
  const { model } = monitor.wrap('face', fakeModel(''), { adapter });
  model.predict(1);
  const [face] = monitor.snapshot().models;
  expect(face).toMatchObject({ count: 1, tensors: 10 + 20 * 4, tensors_per_prediction: 4 });
  await monitor.flush();
  const predictions = windows.map(({ memory }) => memory?.predictions[0]);
  expect(predictions).toEqual([...predictions.keys()]);
  expect(windows.map(({ nth_load }) => nth_load ?? 1)).toEqual(predictions.map((_, i) => i + 1));
  expect(windows.at(-1)?.memory).toMatchObject({ predictions: [20], tensors: [90] });
});
