import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Canary, ConfigDocument } from '../src/generated/config.js';
import { createMonitor, type LostModel, type Monitor, type OutputCheck } from '../src/index.js';
import { agrees } from '../src/later/canary.js';
import { valuesOf } from '../src/later/output_check.js';
import { FakeAdapter, type FakeModel, fakeModel } from './fake_adapter.js';
import { accepted, FakeHost } from './fake_host.js';

let host: FakeHost;
let adapter: FakeAdapter;
let monitor: Monitor;
let lost: string[];
let events: LostModel[];
let incidents: string[];

beforeEach(() => {
  host = new FakeHost();
  adapter = new FakeAdapter();
});
afterEach(() => monitor.close());

const start = (remoteConfig: boolean) => {
  monitor = createMonitor({ app: 'lab', endpoint: '', host, hangMs: 10_000, remoteConfig });
  [lost, incidents, events] = [[], [], []];
  monitor.on('lost', (event) => {
    lost.push(`${event.kind} ${event.model} ${event.backend}`);
    events.push(event);
  });
  monitor.on('incident', ({ kind, model, backend }) => incidents.push(`${kind} ${model} ${backend}`));
};

describe('results that the page reads', () => {
  /** Reads these results, one prediction each. */
  async function read(outputs: unknown[], check: OutputCheck<FakeModel> | undefined): Promise<string[]> {
    start(false);
    adapter.current = 'webgl';
    monitor.wrap('face', fakeModel(''), { adapter, ...(check && { check }) });
    await host.advance(1);
    const [observer] = adapter.observers;
    for (const output of outputs) {
      const prediction = observer?.begin();
      if (prediction) observer?.ready(prediction, 'read', output);
    }
    await host.advance(1);
    expect(incidents).toEqual(lost);
    return lost;
  }
  const wrong = ['wrong_output face webgl'];
  const right = new Float32Array([1, 2, 3]);

  it.each([
    ['NaN', [new Float32Array([1, Number.NaN])]],
    ['Infinity', [new Float32Array([1, Number.NEGATIVE_INFINITY])]],
    ['NaN in a plain list', [[1, Number.NaN]]],
    ['NaN in one of many outputs', [{ boxes: right, scores: new Float32Array([Number.NaN]) }]],
    ['NaN later on', [right, right, new Float32Array([Number.NaN])]],
    ['NaN time and again', Array(9).fill(new Float32Array([Number.NaN]))],
  ])('%s is one wrong_output, told once', async (_, outputs) => {
    expect(await read(outputs, { every: 1 })).toEqual(wrong);
  });

  it.each([
    ['numbers', [right]],
    ['integers', [new Int32Array([1, 2]), new Uint8Array([0, 0])]],
    [
      'what is no numbers',
      ['text', null, undefined, ['a'], new BigInt64Array(2), { a: { b: { c: {} } } }, []],
    ],
    ['zeros, when constants were not asked for', Array(9).fill(new Float32Array(8))],
  ])('%s are no failure', async (_, outputs) => {
    expect(await read(outputs, { every: 1 })).toEqual([]);
  });

  it('are not looked at unless the page asks', async () => {
    const nan = [new Float32Array([Number.NaN])];
    expect(await read(nan, undefined)).toEqual([]);
    monitor.close();
    expect(await read(nan, { every: 0 })).toEqual([]);
  });

  it('are looked at the first time, and then one in so many', async () => {
    const at = (place: number) => Array.from({ length: 25 }, (_, i) => (i === place ? [Number.NaN] : right));
    expect(await read(at(0), { every: 10 })).toEqual(wrong);
    for (const [place, told] of [
      [5, []],
      [10, wrong],
      [19, []],
      [20, wrong],
    ] as const) {
      monitor.close();
      adapter = new FakeAdapter();
      expect(await read(at(place), { every: 10 })).toEqual(told);
    }
  });

  it('that are one value throughout are wrong three times in a row, when asked for', async () => {
    const zeros = new Float32Array(8);
    const check = { every: 1, constant: true };
    expect(await read([zeros, zeros, right, zeros, zeros], check)).toEqual([]);
    for (const [outputs, told] of [
      [[zeros, zeros, zeros], wrong],
      [Array(5).fill([0.5]), []], // a single value is always like itself
    ] as const) {
      monitor.close();
      adapter = new FakeAdapter();
      expect(await read([...outputs], check)).toEqual(told);
    }
  });
});

describe('the values of an output', () => {
  it('are read out of a tensor in memory, not out of one that would have to be copied at length', () => {
    let reads = 0;
    const tensor = (size: number) => ({
      dataId: {},
      size,
      dataSync: () => {
        reads++;
        return new Float32Array(2);
      },
    });
    expect(valuesOf([tensor(2), tensor(2)])).toHaveLength(2);
    expect(valuesOf(tensor(2 ** 24))).toEqual([]);
    expect(reads).toBe(2);
  });

  it('of onnxruntime-web are touched on the cpu only: elsewhere that throws', () => {
    const onGpu = {
      location: 'gpu-buffer',
      get data(): never {
        throw new Error('not on the cpu');
      },
    };
    expect(valuesOf({ a: { location: 'cpu', data: new Float32Array(3) }, b: onGpu })).toHaveLength(1);
  });
});

describe('the canary', () => {
  const reference: Canary = { values: [1, 2], tolerance: 0.1 };

  it.each([
    [[1, 2], true],
    [new Float32Array([1.05, 1.95]), true],
    [[1, 2.2], false],
    [[1], false],
    [[1, 2, 3], false],
    [[1, Number.NaN], false],
    [[1, Number.POSITIVE_INFINITY], false],
    [undefined as never, false],
  ])('%s agrees with 1, 2 within 0.1: %s', (values, right) => {
    expect(agrees(values, reference)).toBe(right);
  });

  const serve = (canary: Canary | undefined = reference) => {
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
                  arms: [{ backend: 'webgpu', probability: 1 }],
                  fallbacks: ['webgpu', 'wasm-simd', 'cpu'],
                  ...(canary && { canary }),
                },
              },
            } satisfies ConfigDocument),
          })
        : accepted();
  };
  type Answer = ArrayLike<number> | Promise<ArrayLike<number>>;
  let disposed: string[];
  /** Loads a model whose canary answers so, by the backend that it runs on. */
  const load = async (answer: (backend: string) => Answer, waitMs = 1, check: OutputCheck<object> = {}) => {
    start(true);
    disposed = [];
    const loading = monitor.load('face', {
      adapter,
      url: '/f.json',
      load: async (url) => {
        const { current } = adapter;
        return { ...fakeModel(url), on: current, dispose: () => disposed.push(current) };
      },
      check: { canary: ({ on }) => answer(on), ...check },
    });
    await host.advance(waitMs);
    return loading;
  };
  const never = () => new Promise<never>(() => undefined);

  it('lets a right model through, run once: that is its first prediction', async () => {
    serve();
    let runs = 0;
    const loads: unknown[] = [];
    const loading = load(() => {
      runs++;
      return new Promise((resolve) => host.after(700, () => resolve([1, 2])));
    }, 701);
    monitor.on('load', ({ first_prediction_ms }) => loads.push(first_prediction_ms));
    const face = await loading;
    face.model.predict(1);
    await host.advance(60_000);
    expect(loads).toEqual([700]);
    expect(face).toMatchObject({ source: 'config', backend: 'webgpu' });
    expect([runs, incidents, lost, disposed]).toEqual([1, [], [], []]);
  });

  it.each([
    ['wrong values', () => [1, 9]],
    ['NaN', () => [Number.NaN, 2]],
    ['the wrong number of values', () => [1]],
    ['nothing', () => undefined as never],
  ])(
    'that answers %s is one wrong_output: the next attempt, and a day without that backend',
    async (_, bad) => {
      serve();
      const answer = (backend: string) => (backend === 'webgpu' ? bad() : [1, 2]);
      expect(await load(answer)).toMatchObject({ source: 'fallback', backend: 'wasm-simd' });
      await host.advance(1);
      expect(incidents).toEqual(['wrong_output face webgpu']);
      expect(lost).toEqual([]); // the page never had it
      expect(disposed).toEqual(['webgpu']);
      monitor.close();
      adapter = new FakeAdapter();
      expect(await load(answer)).toMatchObject({ source: 'fallback', backend: 'wasm-simd' });
      expect(adapter.started).toEqual(['wasm-simd']);
      expect(incidents).toEqual([]);
    },
  );

  it('that throws falls back, too, as a backend without one of the kernels does', async () => {
    serve();
    const face = await load((backend) => {
      if (backend === 'webgpu') throw new TypeError('kernel not registered');
      return [1, 2];
    });
    expect(face).toMatchObject({ source: 'fallback', backend: 'wasm-simd' });
    expect(incidents).toEqual(['fallback face webgpu']);
  });

  it('never costs the page its own model: what is wrong everywhere is handed over, and told', async () => {
    serve();
    const face = await load(() => [9, 9]);
    expect(face.model).toBeDefined();
    await host.advance(1);
    expect(incidents.filter((each) => each.startsWith('wrong_output'))).toHaveLength(4);
    expect(lost).toHaveLength(1);
    expect(disposed).toHaveLength(3);
  });

  it('that is late does not hold the model up; its verdict is told when it comes', async () => {
    serve();
    let answer: (values: number[]) => void = () => undefined;
    const late = new Promise<number[]>((resolve) => {
      answer = resolve;
    });
    const face = await load((backend) => (backend === 'webgpu' ? late : [1, 2]), 3_001);
    expect(face).toMatchObject({ source: 'config', backend: 'webgpu' });
    answer([0, 0]);
    await host.advance(1);
    expect(incidents).toEqual(['wrong_output face webgpu']);
    expect(lost).toEqual(['wrong_output face webgpu']);
    const again = events[0]?.reload?.();
    await host.advance(1);
    expect(await again).toMatchObject({ source: 'fallback', backend: 'wasm-simd' });
  });

  it('that never answers is a hang, after the model was handed over', async () => {
    serve();
    const face = await load(never, 501, { canaryMs: 500 });
    expect(face).toMatchObject({ source: 'config', backend: 'webgpu' });
    await host.advance(10_000);
    expect(incidents).toEqual(['hang face webgpu']);
    expect(lost).toEqual(['hang face webgpu']);
  });

  it('is not run without a reference in the plan', async () => {
    serve({ values: [], tolerance: 0 }); // outside the contract: as if there was none
    const face = await load(() => [9, 9]);
    await host.advance(60_000);
    expect(face).toMatchObject({ source: 'config', backend: 'webgpu' });
    expect([incidents, lost]).toEqual([[], []]);
  });

  it('of a model that was only wrapped runs when the page is idle', async () => {
    serve();
    const idle: (() => void)[] = [];
    host.idle = (fn) => idle.push(fn);
    host.kept
      .set('inferfleet:gpu_looked_at', String(host.epoch()))
      .set('inferfleet:device', JSON.stringify({ [globalThis.navigator?.userAgent ?? '']: {} }));
    start(true);
    adapter.current = 'webgl';
    monitor.wrap('face', fakeModel(''), { adapter, check: { canary: (model) => [model.predict(1), 9] } });
    await host.advance(1);
    expect(lost).toEqual([]);
    for (const run of idle) run();
    await host.advance(1);
    expect(incidents).toEqual(['wrong_output face webgl']);
    expect(events).toMatchObject([{ kind: 'wrong_output' }]);
    expect(events[0]).not.toHaveProperty('reload');
  });
});
