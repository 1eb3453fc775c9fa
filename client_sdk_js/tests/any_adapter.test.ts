import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AnyOptions, any, anyFunction } from '../src/any.js';
import type { Report, Window } from '../src/generated/report.js';
import { createMonitor, type Monitor } from '../src/index.js';
import { FakeHost, settle } from './fake_host.js';

let host: FakeHost;
let monitor: Monitor;
let windows: Window[];

beforeEach(() => {
  host = new FakeHost();
  monitor = createMonitor({ app: 'lab', endpoint: '', host, remoteConfig: false });
  windows = [];
  monitor.on('window', (window) => windows.push(window));
});

const reports = (): Report[] => host.sent.map(({ report }) => report);
const wrap = <M extends object>(model: M, options: AnyOptions) =>
  monitor.wrap('model', model, { adapter: any(options) });
const total = (window: Window | undefined) =>
  (window?.ready_ms?.counts ?? []).reduce((sum, count) => sum + Math.max(0, count), 0);

describe('any object', () => {
  it('is reported with the engine, backend and threads that the page names, also when they change', async () => {
    let backend: 'webgpu' | 'wasm-simd-threads' = 'webgpu';
    const model = { run: (x: number) => x + 1 };
    wrap(model, {
      engine: 'litert',
      backend: () => backend,
      threads: () => (backend === 'webgpu' ? 0 : 4),
      memory: () => ({ tensors: 3, bytes: 12, gpu_bytes: 8 }),
    });
    await monitor.flush(); // memory is put on the wire by the lazily loaded part
    expect(model.run(1)).toBe(2);
    backend = 'wasm-simd-threads';
    model.run(1);
    await monitor.flush();
    expect(windows).toMatchObject([
      { engine: 'litert', backend: 'webgpu', count: 1, memory: { tensors: [3], gpu_bytes: [8] } },
      { engine: 'litert', backend: 'wasm-simd-threads', threads: 4, count: 1 },
    ]);
  });

  it.each([
    ['webnn-npu', 'webnn'], // as transformers.js calls them
    ['WebGPU', 'webgpu'],
    ['gpu', 'other'],
    ['auto', 'other'],
    [null, 'other'],
    [{ name: 'webgpu' }, 'other'],
    [undefined, 'other'],
  ])('is reported by a name that the collector takes, though its library says %o', async (told, backend) => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = { run: () => 1 };
    wrap(model, { engine: 'transformers.js' as never, backend: () => told as never });
    for (let i = 0; i < 3; i++) model.run();
    await monitor.flush();
    expect(windows).toMatchObject([{ engine: 'transformers_js', backend, count: 3 }]);
    const lines =
      backend === 'other'
        ? [[`inferfleet any(): ${JSON.stringify(told)} is unknown, and reported as "other"`]]
        : [];
    expect(warned.mock.calls).toEqual(lines);
    warned.mockRestore();
  });

  it('has an engine of no known name, and a count of threads that is a text', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = { run: () => 1 };
    wrap(model, { engine: 'webdnn' as never, backend: 'wasm-simd-threads', threads: '4' as never });
    model.run();
    await monitor.flush();
    expect(windows).toMatchObject([{ engine: 'other', backend: 'wasm-simd-threads', threads: 4 }]);
    expect(warned.mock.calls).toEqual([['inferfleet any(): "webdnn" is unknown, and reported as "other"']]);
    warned.mockRestore();
  });

  it('is measured although a function of the page fails, and answers as it came', async () => {
    const model = { run: (x: number) => x + 1 };
    const fails = () => {
      throw new Error('not yet');
    };
    wrap(model, { backend: fails, memory: fails });
    expect(model.run(1)).toBe(2);
    await monitor.flush();
    expect(windows).toMatchObject([{ backend: 'other', count: 1 }]);
  });

  it('makes one prediction of a method that waits for something and then calls another watched one', async () => {
    class Detector {
      async detect(x: number) {
        await settle();
        const boxes = await this.run(x);
        await settle();
        return this.run(boxes);
      }
      async run(x: number) {
        await settle();
        return x * 2;
      }
    }
    const detector = new Detector();
    wrap(detector, { methods: ['detect', 'run'] });
    expect(await detector.detect(3)).toBe(12);
    expect(await detector.run(3)).toBe(6);
    await monitor.flush();
    expect(windows).toMatchObject([{ count: 2 }]);
    expect(total(windows[0])).toBe(2);
  });

  it('counts calls of one method that run beside each other, and of others when it is told that they do', async () => {
    const model = () => ({
      embed: (x: number) => settle().then(() => x),
      classify: (x: number) => settle().then(() => -x),
    });
    const [careful, parallel] = [model(), model()];
    monitor.wrap('careful', careful, { adapter: any({ methods: ['embed', 'classify'] }) });
    monitor.wrap('parallel', parallel, { adapter: any({ methods: ['embed', 'classify'], parallel: true }) });
    for (const each of [careful, parallel])
      expect(await Promise.all([each.embed(1), each.embed(2), each.classify(3)])).toEqual([1, 2, -3]);
    await monitor.flush();
    expect(windows).toMatchObject([
      { model: 'careful', count: 2 },
      { model: 'parallel', count: 3 },
    ]);
  });

  it('goes on counting after a call that failed, with the very error', async () => {
    const own = new Error('own');
    const model = { load: () => Promise.reject(own), run: async (x: number) => x };
    wrap(model, { methods: ['load', 'run'] });
    await expect(model.load()).rejects.toBe(own);
    await model.run(1);
    await monitor.flush();
    expect(windows).toMatchObject([{ count: 2, errors: 1 }]);
  });

  it("takes a result as there when the page's own read of it settled, the first of them", async () => {
    class Tensor {
      async data() {
        await host.advance(500);
        return [1];
      }
    }
    const model = { run: async () => [new Tensor(), new Tensor()] };
    wrap(model, { reads: ['data', 'moveTo'] });
    const [first, second] = await model.run();
    expect(await first?.data()).toEqual([1]);
    await second?.data();
    await model.run();
    await monitor.flush();
    const [window] = windows;
    expect(window).toMatchObject({ count: 2, ready_method: 'read' });
    expect(total(window)).toBe(1);
    expect(window?.ready_ms?.buckets[0]).toBe(Math.floor(Math.log(500) / Math.log(1.04)));
  });

  it('takes a result as there when a fence of the page passed', async () => {
    const model = { run: () => 'on the GPU' };
    wrap(model, { ready: () => host.advance(250) });
    expect(model.run()).toBe('on the GPU');
    await settle();
    await settle();
    await monitor.flush();
    expect(windows).toMatchObject([{ count: 1, ready_method: 'fence' }]);
    expect(windows[0]?.ready_ms?.buckets[0]).toBe(Math.floor(Math.log(250) / Math.log(1.04)));
  });

  it('is let go when the page is done with it', async () => {
    let closed = 0;
    const model = { run: (x: number) => x, close: () => ++closed };
    wrap(model, {});
    model.run(1);
    expect(model.close()).toBe(1);
    expect(Object.keys(model)).toEqual(['run', 'close']);
    await monitor.flush();
    expect(monitor.snapshot().models).toEqual([]);
    expect(windows).toMatchObject([{ count: 1 }]);
  });

  it('may be a function with a method behind it, as pipelines of transformers.js are', async () => {
    class Callable {
      constructor() {
        const closure = (...args: unknown[]): unknown => (closure as unknown as Callable)._call(...args);
        // biome-ignore lint/correctness/noConstructorReturn: that is how they do it
        return Object.setPrototypeOf(closure, new.target.prototype);
      }
      async _call(...args: unknown[]) {
        return args;
      }
    }
    const pipe = new Callable() as Callable & ((text: string) => Promise<unknown>);
    const { model, unwrap } = wrap(pipe, { engine: 'transformers_js', methods: ['_call'] });
    expect(model).toBe(pipe);
    expect(await pipe('good')).toEqual(['good']);
    unwrap();
    expect(await pipe('good')).toEqual(['good']);
    await monitor.flush();
    expect(windows).toMatchObject([{ engine: 'transformers_js', count: 1 }]);
  });
});

describe('any function', () => {
  it('is watched with its arguments, `this`, results and errors as they are', async () => {
    const own = new RangeError('too long');
    async function classify(this: unknown, text: string) {
      if (!text) throw own;
      return { label: text.toUpperCase(), self: this };
    }
    const watched = anyFunction(monitor, 'sentiment', classify, {
      engine: 'transformers_js',
      backend: 'wasm',
    });
    const self = {};
    expect(await watched.call(self, 'good')).toEqual({ label: 'GOOD', self });
    await expect(watched.call(self, '')).rejects.toBe(own);
    watched.unwrap();
    await watched.call(self, 'bad');
    await monitor.flush();
    expect(reports()[0]?.windows).toMatchObject([
      { model: 'sentiment', engine: 'transformers_js', backend: 'wasm', count: 2, errors: 1 },
    ]);
  });
});
