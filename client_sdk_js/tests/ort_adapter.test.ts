import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigDocument, ModelPlan } from '../src/generated/config.js';
import type { Backend, Incident, Window } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { type OrtAdapter, ort } from '../src/ort.js';
import { accepted, FakeHost, settle } from './fake_host.js';

/** A session of an onnxruntime-web whose sessions compute nothing. */
class Session {
  constructor(readonly providers: readonly string[]) {}
  async run(feeds: object) {
    return { y: { location: 'cpu', data: [1], feeds } };
  }
  release = async () => undefined;
}

/** The library itself, as far as it starts: one runtime, which two providers at once would break. */
function library(missing: readonly string[] = []) {
  let lose: (info: { reason: string }) => void = () => undefined;
  const device = {
    lost: new Promise<{ reason: string }>((resolve) => {
      lose = resolve;
    }),
    queue: { onSubmittedWorkDone: async () => undefined },
  };
  const started: string[] = [];
  let starting: string | undefined;
  const env = {
    wasm: {} as { numThreads?: number; wasmPaths?: unknown },
    webgpu: {} as { device?: unknown },
  };
  const InferenceSession = {
    async create(_url: string, { executionProviders = ['wasm'] }: { executionProviders?: string[] } = {}) {
      const provider = executionProviders.find((each) => !missing.includes(each)) ?? 'wasm';
      if (!started.length) {
        if (starting && starting !== provider) throw new Error("multiple calls to 'initWasm()' detected.");
        starting = provider;
        await settle();
        env.wasm.numThreads ??= 1;
      }
      started.push(provider);
      if (provider === 'webgpu') env.webgpu.device = device;
      return new Session(executionProviders);
    },
  };
  return { ort: { env, InferenceSession }, started, lose: () => lose({ reason: 'unknown' }) };
}

let host: FakeHost;
let monitor: Monitor;
let lib: ReturnType<typeof library>;
let adapter: OrtAdapter;
let windows: Window[];
let incidents: string[];

beforeEach(() => {
  vi.stubGlobal('navigator', { gpu: {}, ml: {} });
  host = new FakeHost();
  lib = library();
  adapter = ort(lib.ort);
  return () => {
    monitor?.close();
    vi.unstubAllGlobals();
  };
});

const start = (options: Partial<MonitorOptions> = {}) => {
  monitor = createMonitor({ app: 'lab', endpoint: '', host, ...options });
  windows = [];
  incidents = [];
  monitor.on('window', (window) => windows.push(window));
  monitor.on('incident', ({ kind, model, backend }: Incident) =>
    incidents.push(`${kind} ${model} ${backend}`),
  );
};
const serve = (models: Record<string, ModelPlan>, rest: Partial<ConfigDocument> = {}) => {
  const document = {
    app: 'lab',
    version: 3,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models,
    ...rest,
  };
  host.answer = (url, init) =>
    url.includes('/v1/config/')
      ? Response.json({ document: JSON.stringify(document) })
      : init?.method === 'HEAD'
        ? new Response('', { status: /\.jsep\.wasm$/.test(url) ? 200 : 404 })
        : accepted();
};
const on = (backend: Backend): ModelPlan => ({ arms: [{ backend, probability: 1 }] });
const load = (name: string, wait?: () => Promise<void>) =>
  monitor.load(name, {
    adapter,
    url: `/${name}.onnx`,
    load: async (url, backend) => {
      await wait?.();
      return lib.ort.InferenceSession.create(url, {
        executionProviders: adapter.executionProviders(backend),
      });
    },
  });

describe('sessions of one adapter', () => {
  it('keep the provider that each was created on, whatever is loaded later', async () => {
    serve({ a: on('webgpu') });
    start();
    const a = await load('a');
    const b = await load('b');
    expect([a.backend, b.backend]).toEqual(['webgpu', 'wasm-simd']);
    await a.model.run({});
    await b.model.run({});
    await a.model.run({});
    await monitor.flush();
    expect(windows.map(({ model, backend, count }) => `${model} ${backend} ${count}`)).toEqual([
      'a webgpu 2',
      'b wasm-simd 1',
    ]);
  });

  it('are steered each for itself, also at the same time and when loading waits first', async () => {
    serve({ a: on('webgpu'), b: on('wasm'), c: on('webnn') });
    start();
    const loaded = await Promise.all([load('a', settle), load('b'), load('c', () => settle().then(settle))]);
    expect(loaded.map(({ backend, source }) => `${source} ${backend}`)).toEqual([
      'config webgpu',
      'config wasm-simd',
      'config webnn',
    ]);
    expect(loaded.map(({ model }) => model.providers)).toEqual([['webgpu'], ['wasm'], ['webnn']]);
  });

  it('are known by what they really run on: the providers of the page, what is available, what was said', async () => {
    start({ remoteConfig: false });
    const create = (...executionProviders: string[]) =>
      lib.ort.InferenceSession.create('/m.onnx', { executionProviders });
    const cases = [
      await create('wasm'),
      await lib.ort.InferenceSession.create('/m.onnx'),
      await create('webnn', 'wasm'),
      await create('webgpu', 'wasm'),
      await create('webgl'),
      await create('xnnpack'),
    ];
    expect(cases.map((session) => adapter.executor(session).backend)).toEqual([
      'wasm-simd',
      'wasm-simd',
      'webnn',
      'webgpu',
      'webgl',
      'other',
    ]);
    const unseen = new Session([]);
    const own = ort(library().ort, { own: 'webgpu' });
    monitor.wrap('unseen', unseen, { adapter: own });
    expect(own.executor(unseen).backend).toBe('webgpu');
  });

  it('run on wasm when the library left webgpu out, and say so', async () => {
    lib = library(['webgpu']);
    adapter = ort(lib.ort);
    serve({ a: on('webgpu') });
    start();
    const a = await monitor.load('a', {
      adapter,
      load: (url, backend) =>
        lib.ort.InferenceSession.create(url, {
          executionProviders: [...adapter.executionProviders(backend), 'wasm'],
        }),
    });
    expect(a).toMatchObject({ backend: 'wasm-simd', source: 'fallback' });
  });

  it('do not start the runtime twice at once, which would break it for the page life', async () => {
    serve({ a: on('webgpu'), b: on('wasm') });
    start();
    await Promise.all([load('a'), load('b')]);
    expect(lib.started).toEqual(['webgpu', 'wasm']);
    expect(incidents).toEqual([]);
  });

  it('are created with the very result and the very error', async () => {
    start({ remoteConfig: false });
    const own = new Error('own');
    const broken = library().ort;
    broken.InferenceSession.create = () => Promise.reject(own);
    ort(broken);
    await expect(broken.InferenceSession.create('/m.onnx')).rejects.toBe(own);
    expect(await lib.ort.InferenceSession.create('/m.onnx')).toBeInstanceOf(Session);
    const { create } = lib.ort.InferenceSession;
    ort(lib.ort);
    expect(lib.ort.InferenceSession.create).toBe(create);
    expect(() =>
      ort({ ...lib.ort, env: { wasm: {} }, InferenceSession: Object.freeze({ create }) }),
    ).not.toThrow();
  });

  it('that were on a lost device are told, the others are not', async () => {
    serve({ a: on('webgpu'), c: on('webgpu') });
    start();
    const b = await load('b'); // looked for a device when there was none
    const [a, c] = [await load('a'), await load('c')];
    for (const { model } of [a, b, c]) await model.run({});
    await settle();
    lib.lose();
    await settle();
    expect(incidents).toEqual(['device_lost a webgpu', 'device_lost c webgpu']);
  });
});

describe('a plan', () => {
  it('does not start what the browser lacks', async () => {
    vi.stubGlobal('navigator', {});
    serve({ a: { ...on('webnn'), fallbacks: ['webgpu', 'wasm'] } });
    start();
    expect(await load('a')).toMatchObject({ backend: 'wasm-simd', source: 'fallback' });
    expect(incidents).toEqual(['fallback a webnn', 'fallback a webgpu']);
  });

  it('sets the threads and the place of the wasm files before the runtime starts, and not after', async () => {
    vi.stubGlobal('crossOriginIsolated', true);
    vi.stubGlobal('location', new URL('https://shop.example/page'));
    serve(
      { a: { ...on('wasm'), wasm_threads: 3 }, b: { ...on('wasm'), wasm_threads: 7 } },
      { wasm_paths: './ort' },
    );
    start();
    const a = await load('a');
    expect(lib.ort.env.wasm).toEqual({ numThreads: 3, wasmPaths: 'https://shop.example/ort/' });
    const b = await load('b');
    for (const { model } of [a, b]) await model.run({});
    await monitor.flush();
    expect(lib.ort.env.wasm.numThreads).toBe(3);
    expect(windows).toMatchObject([
      { model: 'a', backend: 'wasm-simd-threads', threads: 3 },
      { model: 'b', backend: 'wasm-simd-threads', threads: 3 },
    ]);
  });

  it('has one thread for plain SIMD, whatever it says of threads', async () => {
    vi.stubGlobal('crossOriginIsolated', true);
    serve({ a: { ...on('wasm-simd'), wasm_threads: 3 } });
    start();
    expect(await load('a')).toMatchObject({ backend: 'wasm-simd', source: 'config' });
    expect(lib.ort.env.wasm.numThreads).toBe(1);
  });

  it.each([
    ['of an origin that the page did not name', 'https://evil.example/ort/', 0],
    ['whose files are not there', 'https://shop.example/nothing/', 4],
  ])('does not move wasm files to a place %s', async (_, wasm_paths, looks) => {
    vi.stubGlobal('location', new URL('https://shop.example/page'));
    vi.spyOn(console, 'warn').mockReturnValue();
    serve({ a: on('wasm') }, { wasm_paths });
    const { answer } = host;
    const heads: string[] = [];
    host.answer = (url, init) => {
      if (init?.method !== 'HEAD') return answer(url, init);
      heads.push(url);
      return new Response('', { status: 404 });
    };
    start();
    expect(await load('a')).toMatchObject({ backend: 'wasm-simd', source: 'config' });
    expect(lib.ort.env.wasm.wasmPaths).toBeUndefined();
    expect(heads).toHaveLength(looks);
  });

  it('may move them to an origin that the page named', async () => {
    vi.stubGlobal('location', new URL('https://shop.example/page'));
    serve({ a: on('wasm') }, { wasm_paths: 'https://cdn.example/ort/' });
    start({ modelOrigins: ['https://cdn.example'] });
    await load('a');
    expect(lib.ort.env.wasm.wasmPaths).toBe('https://cdn.example/ort/');
  });
});
