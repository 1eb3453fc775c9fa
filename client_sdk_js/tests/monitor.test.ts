import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Arm, ConfigDocument } from '../src/generated/config.js';
import type { Report } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { FakeAdapter, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

const schema = JSON.parse(
  readFileSync(new URL('../../collector/contract/schema/report.schema.json', import.meta.url), 'utf8'),
);
const fits = new Ajv2020({ strict: false }).compile<Report>(schema);

let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;

beforeEach(() => {
  host = new FakeHost();
  adapter = new FakeAdapter();
});
afterEach(() => {
  for (const { report } of host.sent) {
    fits(report);
    expect(fits.errors ?? []).toEqual([]);
  }
});

const start = (options: Partial<MonitorOptions> = {}) => {
  monitor = createMonitor({
    app: 'lab',
    endpoint: 'https://c.example/',
    host,
    remoteConfig: false,
    ...options,
  });
  return monitor;
};
const serve = (changes: Partial<ConfigDocument>, arms: Arm[] = []) => {
  host.answer = (url) => {
    if (!url.includes('/v1/config/')) return accepted();
    const document: ConfigDocument = {
      app: 'lab',
      version: 3,
      device_class: 'form=desktop,os=linux',
      issued_at: 0,
      expires_at: 9e15,
      models: { face: { arms, fallbacks: ['cpu'] } },
      ...changes,
    };
    return Response.json({ document: JSON.stringify(document) });
  };
};
const loadFace = async (options: Record<string, unknown> = {}) => {
  const loading = monitor.load('face', {
    adapter,
    variants: { original: '/face.json', float16: '/face16.json' },
    load: async (url) => fakeModel(url),
    ...options,
  });
  await Promise.race([loading.catch(() => undefined), host.advance(1)]);
  return loading;
};
type Lists = Required<Pick<Report, 'windows' | 'loads' | 'incidents' | 'exposures' | 'stages'>>;
const items = <L extends keyof Lists>(list: L): Lists[L][number][] =>
  host.sent.flatMap(({ report }): Lists[L][number][] => (report as Lists)[list] ?? []);

describe('windows', () => {
  it('close after a minute, and say a full minute of frames in under 600 bytes', async () => {
    start();
    const face = monitor.wrap('face', fakeModel(''), { adapter });
    adapter.current = 'wasm-simd';
    for (let i = 0; i < 1_800; i++) {
      host.chance = ((i * 7_919) % 1_000) / 1_000;
      const original = host.now;
      // A frame takes 15 to 25 ms, with a tail.
      let step = 0;
      host.now = () => host.time + (step++ > 1 ? 15 + 10 * host.chance + (i % 97 === 0 ? 40 : 0) : 0);
      face.model.predict(i);
      host.now = original;
      host.time += 33.3;
    }
    await host.advance(1_000);
    const [window, ...others] = items('windows').filter(({ count }) => count > 100);
    expect(others).toEqual([]);
    expect(window?.count).toBeGreaterThan(1_790);
    expect(window).toMatchObject({ model: 'face', backend: 'wasm-simd', ready_method: 'return' });
    expect(JSON.stringify(window).length).toBeLessThan(600);
  });

  it('close when the backend changes', async () => {
    start();
    const face = monitor.wrap('face', fakeModel(''), { adapter });
    adapter.current = 'webgl';
    face.model.predict(1);
    adapter.current = 'cpu';
    face.model.predict(1);
    face.model.predict(1);
    await monitor.flush();
    expect(items('windows').map(({ backend, count }) => [backend, count])).toEqual([
      ['webgl', 1],
      ['cpu', 2],
    ]);
  });

  it('go by beacon when the page hides, and by fetch again after it came back', async () => {
    start();
    const face = monitor.wrap('face', fakeModel(''), { adapter });
    face.model.predict(1);
    host.hide();
    host.show();
    face.model.predict(1);
    await monitor.flush();
    expect(host.sent.map(({ by, report }) => [by, report.seq, report.windows?.length])).toEqual([
      ['beacon', 0, 1],
      ['fetch', 1, 1],
    ]);
  });

  it('wait for a result that is on its way, and a load for its first prediction', async () => {
    start();
    await loadFace();
    await host.advance(61_000);
    const observer = adapter.observers[0];
    const prediction = observer?.begin();
    if (!observer || !prediction) throw new Error('nothing is measured');
    observer.dispatched(prediction);
    observer.awaited(prediction);
    await host.advance(20_000);
    await monitor.flush();
    expect([items('windows'), items('loads')]).toEqual([[], []]);
    observer.ready(prediction, 'read');
    await monitor.flush();
    expect(items('windows')).toMatchObject([{ count: 1, ready_ms: { counts: [1] } }]);
    expect(items('loads')).toMatchObject([{ first_prediction_ms: 20_000 }]);
  });

  it('count failures apart from times', async () => {
    start();
    const face = monitor.wrap('face', fakeModel(''), { adapter });
    face.model.predict(1);
    const observer = adapter.observers[0];
    const prediction = observer?.begin();
    if (prediction) observer?.failed(prediction, new RangeError('Array buffer allocation failed'));
    await monitor.flush();
    expect(items('windows')[0]).toMatchObject({ count: 2, errors: 1, ready_ms: { counts: [1] } });
    expect(items('incidents')[0]).toMatchObject({ kind: 'out_of_memory', error: 'RangeError' });
  });
});

describe('loading', () => {
  it('leaves the backend to the library without a config', async () => {
    start();
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'webgl', variant: 'original', source: 'default' });
    expect(adapter.started).toEqual([]);
    face.model.predict(1);
    await monitor.flush();
    expect(items('exposures')).toMatchObject([{ model: 'face', backend: 'webgl', source: 'default' }]);
    expect(items('loads')).toMatchObject([{ model: 'face', backend: 'webgl', first_prediction_ms: 0 }]);
  });

  it('runs the arm of the config, and says with what probability', async () => {
    serve({}, [{ backend: 'wasm-simd', variant: 'float16', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'wasm-simd', variant: 'float16', source: 'config' });
    expect(face.model.url).toBe('/face16.json');
    await monitor.flush();
    expect(items('exposures')[0]).toMatchObject({
      variant: 'float16',
      source: 'config',
      config_version: 3,
      device_class: 'form=desktop,os=linux',
    });
  });

  it('draws the same arm on every visit of an install', async () => {
    serve({}, [
      { backend: 'wasm-simd', probability: 0.5 },
      { backend: 'webgpu', probability: 0.5 },
    ]);
    const backends = new Set<string>();
    for (let visit = 0; visit < 5; visit++) {
      adapter = new FakeAdapter();
      start({ remoteConfig: true });
      backends.add((await loadFace()).backend);
    }
    expect(backends.size).toBe(1);
  });

  it('falls back in the plan’s order when a backend does not start, and counts it', async () => {
    serve({}, [{ backend: 'webgpu', probability: 1 }]);
    adapter.startable.delete('webgpu');
    start({ remoteConfig: true });
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'cpu', source: 'fallback' });
    host.hide();
    expect(items('loads')[0]?.fallbacks).toEqual([{ backend: 'webgpu', error: 'other' }]);
    expect(items('incidents')).toMatchObject([{ kind: 'fallback', backend: 'webgpu' }]);
  });

  it('falls back to the page’s own variant when the one of the config does not load', async () => {
    serve({}, [{ backend: 'webgl', variant: 'float16', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace({
      load: async (url: string) => {
        if (url === '/face16.json') throw new TypeError('Failed to fetch');
        return fakeModel(url);
      },
    });
    expect(face).toMatchObject({ backend: 'webgl', variant: 'original', source: 'fallback' });
  });

  it('goes back to the library’s own backend when the page’s load fails on the one of the config', async () => {
    serve({}, [{ backend: 'webgpu', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace({
      load: async (url: string) => {
        if (adapter.executor().backend === 'webgpu') throw new Error('warming up failed');
        return fakeModel(url);
      },
    });
    expect(face.source).not.toBe('config');
    expect(face.backend).not.toBe('webgpu');
  });

  it('throws what the page’s own load threw', async () => {
    start();
    const own = new Error('no such model');
    await expect(loadFace({ load: () => Promise.reject(own) })).rejects.toBe(own);
  });

  it('goes on without the collector within the budget', async () => {
    host.answer = () => new Promise(() => undefined);
    start({ remoteConfig: true });
    const loading = loadFace();
    await host.advance(300);
    expect(await loading).toMatchObject({ source: 'default' });
  });

  it('forces what the page forces, without asking', async () => {
    host.answer = (url) => {
      expect(url).not.toContain('/v1/config/');
      return accepted();
    };
    start({ remoteConfig: true });
    const face = await loadFace({ override: { backend: 'cpu', variant: 'float16' } });
    expect(face).toMatchObject({ backend: 'cpu', variant: 'float16', source: 'override' });
  });
});

describe('the kill switch and the sample rate', () => {
  it('steer and measure nothing when disabled', async () => {
    serve({ enabled: false }, [{ backend: 'cpu', probability: 1 }]);
    start({ remoteConfig: true });
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'webgl', source: 'default' });
    expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    host.hide();
    expect(host.sent).toEqual([]);
    expect(monitor.snapshot().enabled).toBe(false);
  });

  it('keep sessions outside the sample silent, but steered', async () => {
    serve({ sample_rate: 0.4 }, [{ backend: 'cpu', probability: 1 }]);
    start({ remoteConfig: true }); // chance is 0.5
    const face = await loadFace();
    expect(face).toMatchObject({ backend: 'cpu', source: 'config' });
    face.model.predict(1);
    await monitor.flush();
    expect(host.sent).toEqual([]);
  });
});

describe('a model under observation', () => {
  it('is the same object, wrapped once', () => {
    start();
    const model = fakeModel('');
    const first = monitor.wrap('face', model, { adapter });
    expect(first.model).toBe(model);
    expect(monitor.wrap('face', model, { adapter })).toBe(first);
    expect(adapter.observers).toHaveLength(1);
  });

  it('is itself again after unwrap, its last window sent', async () => {
    start();
    const model = fakeModel('');
    const { predict } = model;
    const face = monitor.wrap('face', model, { adapter });
    model.predict(1);
    face.unwrap();
    face.unwrap();
    expect(model.predict).toBe(predict);
    await monitor.flush();
    expect(items('windows')).toHaveLength(1);
  });

  it('tells of a lost GPU within seconds, not at the end of the minute', async () => {
    start();
    monitor.wrap('face', fakeModel(''), { adapter });
    await host.advance(1);
    adapter.lose('context_lost', 'webgl');
    await host.advance(1_100);
    expect(items('incidents')).toMatchObject([{ model: 'face', backend: 'webgl', kind: 'context_lost' }]);
  });

  it('shows its slope of tensors live', async () => {
    start();
    const face = monitor.wrap('face', fakeModel(''), { adapter });
    await host.advance(1);
    for (let i = 0; i < 30; i++) {
      face.model.predict(i);
      adapter.tensors += 2;
    }
    expect(monitor.snapshot().models[0]).toMatchObject({ count: 30, tensors: 68, tensors_per_prediction: 2 });
  });
});

describe('stages', () => {
  it('are histograms of spans by name', async () => {
    start();
    for (const ms of [5, 7, 9]) {
      const end = monitor.stage('pre', { model: 'face' });
      host.time += ms;
      end();
    }
    await monitor.flush();
    expect(items('stages')).toMatchObject([{ stage: 'pre', model: 'face', count: 3 }]);
  });
});

describe('whatever breaks, the page', () => {
  const broken = (): never => {
    throw new RangeError('broken');
  };

  it('gets its model and its results when the adapter throws everywhere', async () => {
    start();
    const model = fakeModel('/m');
    for (const name of ['executor', 'memory', 'isStarted', 'startDefault', 'observe', 'watchLoss'] as const) {
      Object.assign(adapter, { [name]: broken });
    }
    const face = await loadFace({ load: async () => model });
    expect(face.model).toBe(model);
    expect(face.model.predict(21)).toBe(42);
    face.unwrap();
    expect(() => monitor.snapshot()).not.toThrow();
  });

  it('gets its results when measuring throws, and the fault is counted', async () => {
    start();
    const face = monitor.wrap('face', fakeModel(''), { adapter });
    adapter.memory = broken;
    for (let i = 0; i < 3; i++) expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    expect(items('incidents')).toMatchObject([
      { kind: 'sdk_error', model: 'face', error: 'RangeError', count: 3 },
    ]);
  });

  it('is not hurt by storage, network or beacons that throw', async () => {
    host.storage = { getItem: broken, setItem: broken, removeItem: broken };
    host.answer = broken;
    start({ remoteConfig: true });
    const face = await loadFace();
    expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    host.beacon = broken;
    expect(() => host.hide()).not.toThrow();
    expect(() => monitor.close()).not.toThrow();
  });

  it('is not hurt by a listener that throws', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    start();
    monitor.on('exposure', broken);
    expect(() => monitor.wrap('face', fakeModel(''), { adapter })).not.toThrow();
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });

  it('hears what is wrong with its options, and goes on unmeasured', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    start({ app: 'My App' });
    const face = await loadFace();
    expect(face.model.predict(21)).toBe(42);
    await monitor.flush();
    expect(warned.mock.calls[0]?.[0]).toContain('app "My App" is not a name');
    expect(host.sent).toEqual([]);
    expect(monitor.snapshot().enabled).toBe(false);
    warned.mockRestore();
  });

  it('may be a server: importing and creating does nothing there', () => {
    const silent = createMonitor({ app: 'lab', endpoint: '/' });
    const model = fakeModel('');
    expect(silent.wrap('face', model, { adapter }).model).toBe(model);
    expect(silent.snapshot().enabled).toBe(false);
    expect(adapter.observers).toEqual([]);
  });
});
