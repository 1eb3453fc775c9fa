import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Observer } from '../src/core/adapter.js';
import type { ConfigDocument } from '../src/generated/config.js';
import type { Incident } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;
let incidents: string[];

beforeEach(() => {
  host = new FakeHost();
  adapter = new FakeAdapter();
});
afterEach(() => monitor.close());

const start = (options: Partial<MonitorOptions> = {}) => {
  monitor = createMonitor({ app: 'lab', endpoint: '', host, hangMs: 10_000, ...options });
  incidents = [];
  monitor.on('incident', ({ kind, model, backend }: Incident) =>
    incidents.push(`${kind} ${model} ${backend}`),
  );
};
const serve = (changes: Partial<ConfigDocument> = {}) => {
  host.answer = (url) =>
    url.includes('/v1/config/')
      ? Response.json({
          document: JSON.stringify({
            app: 'lab',
            version: 3,
            device_class: '*',
            issued_at: 0,
            expires_at: 9e15,
            models: { face: { arms: [{ backend: 'webgl', probability: 1 }], fallbacks: ['wasm-simd'] } },
            ...changes,
          }),
        })
      : accepted();
};
/** A new page life of the same browser. */
const visit = async (options: Partial<MonitorOptions> = {}) => {
  adapter = new FakeAdapter();
  start(options);
  const loading = monitor.load('face', { adapter, url: '/f.json', load: async (url) => fakeModel(url) });
  await host.advance(1);
  const { backend, source } = await loading;
  await host.advance(1);
  return `${source} ${backend}`;
};
/** A prediction whose result the page waits for. */
const wait = (observer: Observer | undefined) => {
  const prediction = observer?.begin();
  if (!prediction || !observer) throw new Error('nothing is measured');
  observer.dispatched(prediction);
  observer.awaited(prediction);
  return () => observer.ready(prediction, 'read');
};

describe('a failure', () => {
  it('is one incident for each model, however many results are waited for', async () => {
    start({ remoteConfig: false });
    adapter.current = 'webgl';
    for (const name of ['face', 'hand']) monitor.wrap(name, fakeModel(name), { adapter });
    await host.advance(1);
    for (const observer of adapter.observers) for (let i = 0; i < 5; i++) wait(observer);
    adapter.lose('context_lost', 'webgl');
    for (let i = 0; i < 5; i++) {
      wait(adapter.observers[0]); // the page has not noticed
      await host.advance(11_000);
    }
    expect(incidents).toEqual(['context_lost face webgl', 'context_lost hand webgl']);
  });

  it('is a new hang only when a later prediction gave a result', async () => {
    start({ remoteConfig: false });
    adapter.current = 'webgl';
    monitor.wrap('face', fakeModel(''), { adapter });
    await host.advance(1);
    const [observer] = adapter.observers;
    wait(observer);
    wait(observer);
    await host.advance(12_000);
    wait(observer);
    await host.advance(12_000);
    expect(incidents).toEqual(['hang face webgl']);
    wait(observer)();
    wait(observer);
    await host.advance(12_000);
    expect(incidents).toEqual(['hang face webgl', 'hang face webgl']);
  });
});

describe('a backend that was lost', () => {
  it('is not started by the next page lives of a day, then tried again', async () => {
    serve();
    expect(await visit()).toBe('config webgl');
    adapter.lose('context_lost', 'webgl');
    monitor.close();
    expect(await visit()).toBe('fallback wasm-simd');
    expect(adapter.started).toEqual(['wasm-simd']);
    monitor.close();
    await host.advance(24 * 3600_000);
    expect(await visit()).toBe('config webgl');
  });

  it('is tried again when the config is a new one', async () => {
    serve();
    await visit();
    adapter.lose('device_lost', 'webgl');
    monitor.close();
    serve({ version: 4 });
    expect(await visit()).toBe('config webgl');
  });

  it('is set aside after a hang, too', async () => {
    serve();
    await visit();
    wait(adapter.observers[0]);
    await host.advance(12_000);
    monitor.close();
    expect(await visit()).toBe('fallback wasm-simd');
  });

  it('leaves wasm and cpu when the plan has no fallback, within what the page allows', async () => {
    serve({ models: { face: { arms: [{ backend: 'webgl', probability: 1 }] } } });
    await visit();
    adapter.lose('context_lost', 'webgl');
    monitor.close();
    expect(await visit()).toBe('fallback cpu');
    monitor.close();
    expect(await visit({ backends: ['webgl'] })).toBe('fallback webgl'); // what the library picks by itself
  });
});

it('keeps one plan for a model all page life: a config that comes too late is for the next', async () => {
  serve({ models: { face: { arms: [{ backend: 'cpu', probability: 1 }] } } });
  const { answer } = host;
  host.answer = (url, init) =>
    new Promise((resolve) =>
      host.after(url.includes('/v1/config/') ? 2_000 : 0, () => resolve(answer(url, init))),
    );
  start();
  const load = async () => {
    const loading = monitor.load('face', { adapter, url: '/f.json', load: async (url) => fakeModel(url) });
    await host.advance(1_000);
    const { backend, source } = await loading;
    return `${source} ${backend}`;
  };
  expect(await load()).toBe('default webgl');
  await host.advance(5_000);
  expect(await load()).toBe('default webgl');
  monitor.close();
  host.answer = answer;
  expect(await visit()).toBe('config cpu');
});

describe('a GPU backend on a software rasteriser', () => {
  const known = (gpu: string) =>
    host.kept
      .set('inferfleet:gpu_looked_at', String(host.epoch()))
      .set('inferfleet:device', JSON.stringify({ [globalThis.navigator?.userAgent ?? '']: { gpu } }));

  it.each([
    ['swiftshader', 'webgl', 1],
    ['software', 'webgpu', 1],
    ['nvidia-rtx30', 'webgl', 0],
    ['swiftshader', 'wasm-simd', 0],
  ] as const)('%s behind %s: told %s times', async (gpu, backend, times) => {
    known(gpu);
    start({ remoteConfig: false });
    adapter.current = backend;
    for (const name of ['face', 'hand']) monitor.wrap(name, fakeModel(name), { adapter });
    await host.advance(60_000);
    expect(incidents).toEqual(Array(times).fill(`software_backend face ${backend}`));
  });
});
