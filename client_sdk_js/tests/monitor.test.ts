import { describe, expect, it, vi } from 'vitest';
import { createMonitor } from '../src/index.js';
import { fakeModel } from './fake_adapter.js';
import { adapter, host, items, loadFace, monitor, start, useFakeHost } from './monitor_on_fake_host.js';

useFakeHost();

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
