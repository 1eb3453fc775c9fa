import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigDocument, ModelPlan } from '../src/generated/config.js';
import type { Backend, Incident, Load, Window } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import type { Calls } from '../src/ort/calls.js';
import { turnsOf } from '../src/ort/turns.js';
import { type OrtAdapter, type OrtBuild, ort } from '../src/ort.js';
import { accepted, FakeHost, settle } from './fake_host.js';

type Wanted = string | { name: string; device?: object };

/** The library itself, as far as it starts: one runtime, which two providers at once would break. */
function library(missing: readonly string[] = []) {
  /** Calls under way: the real library breaks when there are two. */
  let underWay = 0;
  const overlaps: string[] = [];
  const alone = async (name: string, ms: number) => {
    if (underWay++) overlaps.push(name);
    await (ms ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined);
    underWay--;
  };
  /** A session that computes nothing, and hands work to its device if any of its nodes runs there. */
  class Session {
    handler: object;
    ms = 0;
    nodes = true;
    constructor(
      readonly providers: readonly Wanted[],
      readonly ran: string,
      readonly device?: { queue: { submit(): void } },
    ) {
      this.handler = ran === 'webgl' ? { session: {} } : { sessionId: 1 };
    }
    async run(feeds: object) {
      await alone('run', this.ms);
      if (this.nodes) this.device?.queue.submit();
      return { y: { location: 'cpu', data: [1], feeds } };
    }
    async release() {
      await alone('release', 0);
    }
  }
  let lose: (info: { reason: string }) => void = () => undefined;
  const device = {
    lost: new Promise<{ reason: string }>((resolve) => {
      lose = resolve;
    }),
    queue: { onSubmittedWorkDone: async () => undefined, submit: () => undefined },
  };
  const started: string[] = [];
  let starting: string | undefined;
  const env = {
    wasm: {} as { numThreads?: number; wasmPaths?: unknown; proxy?: boolean },
    webgpu: {} as { device?: unknown },
  };
  const InferenceSession = {
    async create(_url: string, { executionProviders }: { executionProviders?: Wanted[] } = {}) {
      const names = (executionProviders ?? ['wasm']).map((each) =>
        typeof each === 'string' ? each : each.name,
      );
      const known = names.filter((each) => KNOWN.test(each) && !missing.includes(each));
      const provider = known[0];
      if (!provider) throw new Error('no available backend found');
      await alone('create', 0);
      if (!started.length) {
        if (starting && starting !== provider) throw new Error("multiple calls to 'initWasm()' detected.");
        starting = provider;
        await settle();
        env.wasm.numThreads ??= 1;
      }
      started.push(provider);
      const own = executionProviders?.find((each) => typeof each === 'object') as
        | { device?: typeof device }
        | undefined;
      const isOnGpu = provider === 'webgpu' && !env.wasm.proxy;
      if (isOnGpu && !own?.device) env.webgpu.device = device;
      return new Session(executionProviders ?? [], provider, isOnGpu ? (own?.device ?? device) : undefined);
    },
  };
  return {
    ort: { env, InferenceSession },
    Session,
    started,
    overlaps,
    device,
    lose: () => lose({ reason: 'unknown' }),
  };
}
const KNOWN = /^(wasm|cpu|webgl|webgpu|webnn)$/;

let host: FakeHost;
let monitor: Monitor;
let lib: ReturnType<typeof library>;
let adapter: OrtAdapter;
let windows: Window[];
let incidents: string[];
/** Which of the runtime's files are where a plan says. */
let isThere: RegExp;

beforeEach(() => {
  vi.stubGlobal('navigator', { gpu: {}, ml: {} });
  host = new FakeHost();
  isThere = /./;
  lib = library();
  adapter = ort(lib.ort);
  return () => {
    monitor?.close();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
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
        ? new Response('', { status: isThere.test(url) ? 200 : 404 })
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

  /** What a session is called when it was made, and after it has run. */
  const labels = async (wanted: Wanted[] | undefined, { ml, proxy, missing = [], on }: Where = {}) => {
    vi.stubGlobal('navigator', { gpu: {}, ...(ml && { ml }) });
    const { ort: library_, Session } = library(missing);
    if (proxy) library_.env.wasm.proxy = true;
    const adapter = ort(library_);
    if (on === 'device of the page') library_.env.webgpu.device = library().device;
    const session = await library_.InferenceSession.create('/m.onnx', {
      ...(wanted && { executionProviders: wanted }),
    });
    expect(session).toBeInstanceOf(Session);
    if (on === 'no node') session.nodes = false;
    await settle(); // the part that looks was fetched meanwhile
    const made = adapter.executor(session).backend;
    await session.run({});
    return [made, adapter.executor(session).backend];
  };
  interface Where {
    ml?: object;
    proxy?: boolean;
    missing?: string[];
    on?: 'no node' | 'device of the page';
  }

  it.each<[string, Wanted[] | undefined, Where, string, string?]>([
    ['wasm', ['wasm'], {}, 'wasm-simd'],
    ['cpu', ['cpu'], {}, 'wasm-simd'],
    ['nothing', undefined, {}, 'wasm-simd'],
    ['webgpu', ['webgpu', 'wasm'], {}, 'webgpu'],
    ['webgpu without an adapter', ['webgpu', 'wasm'], { missing: ['webgpu'] }, 'wasm-simd'],
    ['webnn without it', ['webnn', 'wasm'], { missing: ['webnn'] }, 'wasm-simd'],
    ['webnn without it, then webgpu', ['webnn', 'webgpu', 'wasm'], { missing: ['webnn'] }, 'webgpu'],
    ['webnn', ['webnn', 'wasm'], { ml: {} }, 'webnn'],
    ['webgl in a build without', ['webgl', 'wasm'], { missing: ['webgl'] }, 'wasm-simd'],
    ['webgl', ['webgl'], {}, 'webgl'],
    ['an unknown name first', ['xnnpack', 'wasm'], {}, 'wasm-simd'],
    ['webgpu in a worker of the library', ['webgpu'], { proxy: true }, 'webgpu'],
    ['webgpu with a device of its own', [{ name: 'webgpu', device: library().device }], {}, 'webgpu'],
    ['webgpu, every node on the CPU', ['webgpu'], { on: 'no node' }, 'webgpu', 'wasm-simd'],
    [
      'webgpu in a build without, with a device of the page',
      ['webgpu', 'wasm'],
      { missing: ['webgpu'], on: 'device of the page' },
      'webgpu',
      'wasm-simd',
    ],
  ])('are known by what they really run on, with %s', async (_, wanted, where, made, ran = made) => {
    expect(await labels(wanted, where)).toEqual([made, ran]);
  });

  it('are other when what they run on cannot be told', async () => {
    const { ort: library_ } = library();
    const session = { run: async () => ({}) };
    library_.InferenceSession.create = async () => session as never;
    const adapter = ort(library_);
    await library_.InferenceSession.create('/m.onnx', { executionProviders: ['xnnpack'] });
    expect(adapter.executor(session).backend).toBe('other');
  });

  it('are taken to run on what the page says when they were there before', () => {
    start({ remoteConfig: false });
    const unseen = new lib.Session([], 'webgpu');
    const { ort: library_, device } = library();
    library_.env.webgpu.device = device;
    const own = ort(library_, { own: 'webgpu' });
    monitor.wrap('unseen', unseen, { adapter: own });
    expect(own.executor(unseen).backend).toBe('webgpu');
  });

  it('have all of their predictions under what ran, the first one, too', async () => {
    start({ remoteConfig: false });
    const session = await lib.ort.InferenceSession.create('/m.onnx', { executionProviders: ['webgpu'] });
    session.nodes = false;
    monitor.wrap('a', session, { adapter });
    await settle();
    await session.run({});
    await session.run({});
    await monitor.flush();
    expect(windows).toMatchObject([{ model: 'a', backend: 'wasm-simd', count: 2 }]);
  });

  it('have their load under what ran, too', async () => {
    start({ remoteConfig: false });
    const loads: Load[] = [];
    monitor.on('load', (load) => loads.push(load));
    const { model } = await monitor.load('a', {
      adapter,
      load: async () => {
        const session = await lib.ort.InferenceSession.create('/m.onnx', { executionProviders: ['webgpu'] });
        session.nodes = false;
        return session;
      },
    });
    await model.run({});
    await monitor.flush();
    expect(loads).toMatchObject([{ model: 'a', backend: 'wasm-simd' }]);
  });

  it('leave the device as it was once they have been looked at', async () => {
    const { queue } = lib.device;
    const { submit } = queue;
    const session = await lib.ort.InferenceSession.create('/m.onnx', { executionProviders: ['webgpu'] });
    await settle();
    await session.run({});
    expect(queue.submit).toBe(submit);
    expect(Object.getOwnPropertyDescriptor(queue, 'submit')).toMatchObject({ enumerable: true });
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
    expect(await lib.ort.InferenceSession.create('/m.onnx')).toBeInstanceOf(lib.Session);
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

  it('on a lost device of the page’s own are told, and only they', async () => {
    start({ remoteConfig: false });
    const own = library();
    const on = (...executionProviders: Wanted[]) =>
      lib.ort.InferenceSession.create('/m.onnx', { executionProviders });
    const theirs = await on({ name: 'webgpu', device: own.device });
    const ours = await on('webgpu');
    monitor.wrap('theirs', theirs, { adapter });
    monitor.wrap('ours', ours, { adapter });
    await settle();
    await theirs.run({});
    await ours.run({});
    await host.advance(1);
    own.lose();
    await settle();
    expect(incidents).toEqual(['device_lost theirs webgpu']);
    lib.lose();
    await settle();
    expect(incidents).toEqual(['device_lost theirs webgpu', 'device_lost ours webgpu']);
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
    ['whose files are not there', 'https://shop.example/nothing/', 8],
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

  it.each<[string, Record<string, [number, string]>, boolean]>([
    ['an application’s index.html for all that it lacks', { HEAD: [200, 'text/html; charset=utf-8'] }, false],
    [
      '405 to a HEAD, and the file to a GET',
      { HEAD: [405, 'text/plain'], GET: [200, 'application/wasm'] },
      true,
    ],
    ['501 to a HEAD, and 404 to a GET', { HEAD: [501, 'text/plain'], GET: [404, 'text/plain'] }, false],
  ])('looks for wasm files at a server that answers %s', async (_, answers, moves) => {
    vi.stubGlobal('location', new URL('https://shop.example/page'));
    vi.spyOn(console, 'warn').mockReturnValue();
    serve({ a: on('wasm') }, { wasm_paths: '/ort/' });
    const { answer } = host;
    host.answer = (url, init) => {
      if (!url.includes('/ort/')) return answer(url, init);
      const [status = 500, type = ''] = answers[`${init?.method}`] ?? [];
      return new Response('', { status, headers: { 'content-type': type } });
    };
    start();
    expect(await load('a')).toMatchObject({ backend: 'wasm-simd', source: 'config' });
    expect(lib.ort.env.wasm.wasmPaths).toBe(moves ? 'https://shop.example/ort/' : undefined);
  });

  it.each<[string, RegExp, OrtBuild | undefined, boolean]>([
    ['all builds are there', /ort-wasm/, undefined, true],
    ['one build is there, and which the page has is not known', /\.jsep\./, undefined, false],
    ['the script of a build is missing', /\.wasm$/, undefined, false],
    ['the build of the page is there', /\.jsep\./, 'jsep', true],
    ['only another build is there', /\.asyncify\./, 'jsep', false],
    ['the script of the page’s build is missing', /\.wasm$/, 'jsep', false],
    ['the plain build of the page is there', /threaded\.(wasm|mjs)$/, '', true],
  ])('moves wasm files only when the page can start from there: %s', async (_, there, build, moves) => {
    vi.stubGlobal('location', new URL('https://shop.example/page'));
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    isThere = there;
    adapter = ort(lib.ort, build === undefined ? {} : { build });
    serve({ a: on('wasm') }, { wasm_paths: '/ort' });
    start();
    expect(await load('a')).toMatchObject({ backend: 'wasm-simd', source: 'config' });
    expect(lib.ort.env.wasm.wasmPaths).toBe(moves ? 'https://shop.example/ort/' : undefined);
    expect(warn.mock.calls.length).toBe(moves ? 0 : 1);
  });

  it('may move them to an origin that the page named', async () => {
    vi.stubGlobal('location', new URL('https://shop.example/page'));
    serve({ a: on('wasm') }, { wasm_paths: 'https://cdn.example/ort/' });
    start({ modelOrigins: ['https://cdn.example'] });
    await load('a');
    expect(lib.ort.env.wasm.wasmPaths).toBe('https://cdn.example/ort/');
  });
});

describe('the canary', () => {
  /** A model of the page that takes a while, and one that is loaded beside it and checked. */
  const canary: ModelPlan = { ...on('wasm'), canary: { values: [1], tolerance: 0.1 } };
  const check = {
    canary: async (session: { run(feeds: object): Promise<{ y: { data: number[] } }> }) =>
      (await session.run({})).y.data,
  };
  const loadChecked = (name: string, ms = 0) =>
    monitor.load(name, {
      adapter,
      url: `/${name}.onnx`,
      load: async (url, backend) => {
        const session = await lib.ort.InferenceSession.create(url, {
          executionProviders: adapter.executionProviders(backend),
        });
        session.ms = ms;
        return session;
      },
      check,
    });
  const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  /** The fake clock goes on while the real one does. */
  const goOn = () => {
    const timer = setInterval(() => host.advance(10), 10);
    return () => clearInterval(timer);
  };
  let stop: () => void;
  beforeEach(() => {
    stop = goOn();
    return () => stop();
  });

  it('runs at once while the page is quiet, also beside the creation of another model', async () => {
    serve({ a: canary, b: canary });
    start();
    const [a, b] = await Promise.all([loadChecked('a', 20), loadChecked('b', 20)]);
    expect([a.source, b.source]).toEqual(['config', 'config']);
    expect(lib.overlaps).toEqual([]);
    expect(incidents).toEqual([]);
  });

  it('lets the page’s calls wait for it, of whatever session, and in their order', async () => {
    serve({ a: canary });
    start();
    const other = (await load('b')).model;
    const loading = loadChecked('a', 100);
    await vi.waitFor(() => expect(lib.started).toHaveLength(2));
    await elapse(30); // the canary runs
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await Promise.all([
      loading.then(note('loaded')),
      other.run({}).then(note('run')),
      lib.ort.InferenceSession.create('/c.onnx').then(note('created')),
      other.release().then(note('released')),
    ]);
    expect(lib.overlaps).toEqual([]);
    expect(order.filter((each) => each !== 'loaded')).toEqual(['run', 'created', 'released']);
    expect(incidents).toEqual([]);
  });

  it('is put off while the page predicts, which then does not wait for it', async () => {
    serve({ a: { ...canary, canary: { values: [9], tolerance: 0.1 } } });
    start();
    const other = (await load('b')).model;
    other.ms = 10;
    let predicts = true;
    let slowest = 0;
    const frames = (async () => {
      while (predicts) {
        const began = performance.now();
        await other.run({});
        slowest = Math.max(slowest, performance.now() - began);
        await elapse(5);
      }
    })();
    await elapse(50);
    const a = await loadChecked('a', 400);
    expect(a.source).toBe('config');
    await elapse(500);
    expect(lib.overlaps.filter((each) => each !== 'create')).toEqual([]);
    expect(slowest).toBeLessThan(300); // the canary would take 400
    predicts = false;
    await frames;
    expect(incidents).toEqual([]);
    await vi.waitFor(() => expect(incidents).toEqual(['wrong_output a wasm-simd']), 5_000);
  });

  it('that never answers holds nobody up once it is a hang', { timeout: 60_000 }, async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const calls: Calls = { _pending: 0, _ended: new WeakMap(), _devices: new WeakMap() };
      const { alone } = turnsOf(calls);
      const checked = alone(
        () => calls._inTurn?.(() => new Promise<never>(() => undefined)) as Promise<never>,
      );
      checked.catch(() => undefined);
      let answered = false;
      calls._inTurn?.(async () => {
        answered = true;
      });
      await vi.advanceTimersByTimeAsync(29_000);
      expect(answered).toBe(false);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(answered).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('sessions that stay', () => {
  const create = (url = '/m.onnx') => lib.ort.InferenceSession.create(url);

  it('are counted as they are created and released', async () => {
    await adapter.backends();
    expect(adapter.memory()).toEqual({ tensors: 0, bytes: 0 });
    const [one] = [await create(), await create()];
    await expect(
      lib.ort.InferenceSession.create('/m.onnx', { executionProviders: ['cuda'] }),
    ).rejects.toThrow('no available backend');
    await settle();
    expect(adapter.memory()).toEqual({ tensors: 2, bytes: 0 });
    await one?.release();
    await one?.release(); // twice is once
    expect(adapter.memory()).toEqual({ tensors: 1, bytes: 0 });
  });

  it('are traced from their creation on, and no longer than asked for', async () => {
    const backends = await adapter.backends();
    const told: string[] = [];
    const ids: unknown[] = [];
    const end = await backends.trace?.({
      born: (id, { dtype }) => {
        ids.push(id);
        told.push(`born ${dtype}`);
      },
      gone: (id) => told.push(`gone ${ids.indexOf(id)}`),
      cleared: () => told.push('cleared'),
    });
    const first = await create();
    const second = await create();
    await settle();
    await second.release();
    await create('/m.onnx').then((third) => third.release());
    expect(told).toEqual(['born session', 'born session', 'gone 1', 'born session', 'gone 2']);
    end?.();
    await create();
    await first.release();
    expect(told).toHaveLength(5);
    expect(adapter.memory()).toEqual({ tensors: 1, bytes: 0 });
  });
});
