import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Observer } from '../src/core/adapter.js';
import type { ConfigDocument } from '../src/generated/config.js';
import { createMonitor, type LostModel, type Monitor, type MonitorOptions } from '../src/index.js';
import { FakeAdapter, type FakeModel, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;
let lost: LostModel[];
let incidents: string[];

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
            models: {
              face: {
                arms: [{ backend: 'webgl', probability: 1 }],
                fallbacks: ['webgl', 'wasm-simd', 'cpu'],
              },
              hand: { arms: [{ backend: 'webgl', probability: 1 }], fallbacks: ['wasm-simd'] },
            },
            ...changes,
          }),
        })
      : accepted();
};

const start = (options: Partial<MonitorOptions> = {}) => {
  monitor = createMonitor({ app: 'lab', endpoint: '', host, hangMs: 10_000, ...options });
  lost = [];
  incidents = [];
  monitor.on('lost', (event) => lost.push(event));
  monitor.on('incident', ({ kind, model, backend }) => incidents.push(`${kind} ${model} ${backend}`));
};

beforeEach(() => {
  host = new FakeHost();
  adapter = new FakeAdapter();
  serve();
});
afterEach(() => monitor.close());

const load = async (name = 'face', url = `/${name}.json`) => {
  const loading = monitor.load<FakeModel>(name, { adapter, url, load: async (from) => fakeModel(from) });
  await host.advance(1);
  return loading;
};
const reload = async (event = lost.at(-1)) => {
  const loading = event?.reload?.<FakeModel>();
  await host.advance(1);
  if (!loading) throw new Error('there is nothing to reload');
  return loading;
};
const wait = (observer: Observer | undefined) => {
  const prediction = observer?.begin();
  if (!prediction || !observer) throw new Error('nothing is measured');
  observer.dispatched(prediction);
  observer.awaited(prediction);
  return prediction;
};

describe('the page is told of a loss', () => {
  it('once for each model, with what it needs to go on', async () => {
    start();
    const face = await load();
    await load('hand');
    adapter.lose('context_lost', 'webgl');
    wait(adapter.observers[0]);
    await host.advance(15_000);
    expect(lost.map(({ model, kind, backend, variant }) => [model, kind, backend, variant])).toEqual([
      ['face', 'context_lost', 'webgl', 'original'],
      ['hand', 'context_lost', 'webgl', 'original'],
    ]);
    expect(lost[0]?.watched).toBe(face);
    expect(incidents).toEqual(['context_lost face webgl', 'context_lost hand webgl']);
  });

  it('of a hang, and of memory that a call ran out of, once until the model is another', async () => {
    start();
    await load();
    wait(adapter.observers[0]);
    await host.advance(12_000);
    const [observer] = adapter.observers;
    for (let i = 0; i < 3; i++)
      observer?.failed(wait(observer), new RangeError('Array buffer allocation failed'));
    observer?.ready(wait(observer), 'read');
    observer?.failed(wait(observer), new RangeError('Array buffer allocation failed'));
    await host.advance(1);
    expect(lost.map(({ kind }) => kind)).toEqual(['hang', 'out_of_memory']);
  });

  it('of memory that the device ran out of', async () => {
    start();
    await load();
    adapter.lose('out_of_memory', 'webgl');
    adapter.lose('out_of_memory', 'webgl');
    await host.advance(1);
    expect(lost.map(({ kind }) => kind)).toEqual(['out_of_memory']);
    expect(incidents).toEqual(['out_of_memory face webgl']);
  });

  it('not of an exception: that is thrown at the page itself', async () => {
    start();
    await load();
    const [observer] = adapter.observers;
    observer?.failed(wait(observer), new TypeError('shape'));
    await host.advance(1);
    expect(lost).toEqual([]);
    expect(incidents).toEqual(['error face webgl']);
  });

  it('not of the loss of what the page has left', async () => {
    start();
    await load();
    adapter.current = 'wasm-simd';
    adapter.lose('device_lost', 'webgl');
    await host.advance(1);
    expect(lost).toEqual([]);
    expect(incidents).toEqual([]);
  });

  it('whatever another listener does', async () => {
    start();
    monitor.on('lost', () => {
      throw new Error('of the page');
    });
    const heard: string[] = [];
    monitor.on('lost', ({ model }) => heard.push(model));
    await load();
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    expect(heard).toEqual(['face']);
  });
});

describe('reload', () => {
  it('loads by the plan without the lost backend, and observes the new model instead', async () => {
    start();
    const face = await load();
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    const again = await reload();
    expect(again).toMatchObject({ backend: 'wasm-simd', source: 'fallback', variant: 'original' });
    expect(again.model).not.toBe(face.model);
    expect(adapter.givenUp).toEqual(['webgl']);
    expect(again.model.predict(21)).toBe(42);
    expect(face.model.predict(21)).toBe(42); // not counted: it is let go
    await host.advance(1);
    expect(monitor.snapshot().models).toMatchObject([{ model: 'face', backend: 'wasm-simd', count: 1 }]);
    await monitor.flush();
    const reports = host.sent.map(({ report }) => report);
    expect(reports.flatMap(({ loads = [] }) => loads).map(({ backend }) => backend)).toEqual([
      'webgl',
      'wasm-simd',
    ]);
    expect(
      reports.flatMap(({ exposures = [] }) => exposures).map(({ backend, source }) => `${source} ${backend}`),
    ).toEqual(['config webgl', 'fallback wasm-simd']);
  });

  it('is one load, however often it is called, and is tried again when the page’s own load failed', async () => {
    start();
    let fails = false;
    let loads = 0;
    const loading = monitor.load('face', {
      adapter,
      url: '/f.json',
      load: async (url) => {
        loads++;
        if (fails) throw new TypeError('offline');
        return fakeModel(url);
      },
    });
    await host.advance(1);
    await loading;
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    fails = true;
    const failing = lost[0]?.reload?.();
    const told = expect(failing).rejects.toThrow('offline');
    await host.advance(1);
    await told;
    fails = false;
    loads = 0;
    const [first, second] = [lost[0]?.reload?.(), lost[0]?.reload?.()];
    await host.advance(1);
    expect(await first).toBe(await second);
    expect(loads).toBe(1);
  });

  it('leaves the second model of the page on the backend of the first', async () => {
    start();
    await load();
    await load('hand');
    adapter.lose('device_lost', 'webgl');
    await host.advance(1);
    const [face, hand] = lost;
    expect(await reload(face)).toMatchObject({ backend: 'wasm-simd' });
    expect(await reload(hand)).toMatchObject({ backend: 'wasm-simd', source: 'fallback' });
    expect(adapter.givenUp).toEqual(['webgl']);
    expect(adapter.started).toEqual(['webgl', 'webgl', 'wasm-simd']);
  });

  it('tries wasm and cpu without a plan, and without the library’s own pick', async () => {
    start({ remoteConfig: false });
    adapter.startable.delete('wasm-simd');
    expect(await load()).toMatchObject({ backend: 'webgl', source: 'default' });
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    expect(await reload()).toMatchObject({ backend: 'cpu', source: 'fallback' });
  });

  it('leaves a backend that the page forced, too, until the page forces it again', async () => {
    start();
    const forced = async () => {
      const loading = monitor.load('face', {
        adapter,
        url: '/f.json',
        override: { backend: 'webgl' as const },
        load: async (url) => fakeModel(url),
      });
      await host.advance(1);
      return loading;
    };
    await forced();
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    expect(await reload()).toMatchObject({ backend: 'cpu', source: 'fallback' });
    expect(await forced()).toMatchObject({ backend: 'webgl', source: 'override' });
  });

  it('moves a model that hangs alone: the backend is another model’s still', async () => {
    start();
    await load();
    await load('hand');
    wait(adapter.observers[0]);
    await host.advance(12_000);
    expect(await reload()).toMatchObject({ backend: 'wasm-simd', source: 'fallback' });
    expect(adapter.givenUp).toEqual([]);
    expect(lost.map(({ model }) => model)).toEqual(['face']);
  });

  it('goes down the plan, loss after loss, and holds for other models of the page', async () => {
    start();
    await load();
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    await reload();
    expect(await load('hand')).toMatchObject({ backend: 'wasm-simd' });
    wait(adapter.observers.at(-2));
    await host.advance(12_000);
    expect(await reload()).toMatchObject({ backend: 'cpu', source: 'fallback' });
  });

  it('is not there for a model that was only wrapped', async () => {
    start();
    adapter.current = 'webgl';
    monitor.wrap('face', fakeModel(''), { adapter });
    await host.advance(1);
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    expect(lost).toMatchObject([{ model: 'face', kind: 'context_lost' }]);
    expect(lost[0]).not.toHaveProperty('reload');
  });

  it('steers nothing any more after a kill switch, and still leaves what was lost', async () => {
    start();
    await load();
    serve({ version: 4, enabled: false });
    adapter.lose('context_lost', 'webgl');
    host.answer = (
      (before) => (url, init) =>
        url.includes('/v1/report')
          ? Response.json({ accepted: 1, duplicate: 0, rejected: {}, config_etag: '"new"' }, { status: 202 })
          : before(url, init)
    )(host.answer);
    await monitor.flush();
    await host.advance(1_100);
    expect(monitor.snapshot().enabled).toBe(false);
    expect(await reload()).toMatchObject({ backend: 'cpu', source: 'fallback' });
    expect(adapter.started.at(-1)).toBe('cpu'); // not the plan's wasm-simd
  });

  it('keeps nothing in the browser once consent is taken back', async () => {
    start();
    await load();
    monitor.consent(false);
    await host.advance(1);
    adapter.lose('context_lost', 'webgl');
    await host.advance(1);
    expect([...host.kept]).toEqual([]);
    expect(await reload()).toMatchObject({ source: 'fallback' });
    expect([...host.kept].filter(([key]) => /aside|config/.test(key))).toEqual([]);
  });
});
