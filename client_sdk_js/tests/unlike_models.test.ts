/** Models unlike others are watched whole, or left as they are: frozen, with getters, with private fields, or none at all. */

import { describe, expect, it } from 'vitest';
import { any, anyFunction } from '../src/any.js';
import type { Window } from '../src/generated/report.js';
import { createMonitor } from '../src/index.js';
import { FakeHost } from './fake_host.js';

const ANSWER = { scores: [1, 2] };

describe('a model that is not like others', () => {
  const watch = (model: object, options = {}) => {
    const monitor = createMonitor({ app: 'lab', endpoint: '', host: new FakeHost(), remoteConfig: false });
    const windows: Window[] = [];
    const faults: unknown[] = [];
    monitor.on('window', (window) => windows.push(window));
    monitor.on('incident', (incident) => faults.push(incident));
    return { ...monitor.wrap('model', model, { adapter: any(options) }), windows, faults };
  };

  it('may be frozen while it is watched: what was measured until it is let go is kept', () => {
    const model = { run: () => ANSWER };
    const { unwrap, windows, faults } = watch(model);
    model.run();
    Object.freeze(model);
    unwrap();
    expect(model.run()).toBe(ANSWER);
    expect(windows).toMatchObject([{ count: 1 }]);
    expect(faults).toMatchObject([{ kind: 'sdk_error' }]); // it cannot be put back
  });

  it('may give its method by a getter, which the page asks and nobody else', () => {
    class Delegating {
      asked = 0;
      fast = (x: number) => [this, 'fast', x];
      exact = (x: number) => [this, 'exact', x];
      mode: 'fast' | 'exact' = 'fast';
      get run() {
        this.asked++;
        return this[this.mode];
      }
    }
    const model = new Delegating();
    const { unwrap, windows } = watch(model);
    expect(model.asked).toBe(0);
    expect(model.run(1)).toEqual([model, 'fast', 1]);
    const { run } = model;
    expect(model.run).toBe(run);
    model.mode = 'exact';
    expect(model.run(2)).toEqual([model, 'exact', 2]);
    expect(model.asked).toBe(4);
    unwrap();
    expect(Object.hasOwn(model, 'run')).toBe(false);
    expect(model.run).toBe(model.exact);
    expect(windows).toMatchObject([{ count: 2 }]);
  });

  it('is watched by all of its methods or by none', () => {
    const run = () => ANSWER;
    const model = Object.defineProperty({ run }, 'encode', { value: run });
    const { faults } = watch(model, { methods: ['run', 'encode'] });
    expect(model.run).toBe(run);
    expect(faults).toMatchObject([{ kind: 'sdk_error' }]);
  });

  it('gives results whose getters nobody but the page calls, and numbers that nobody looks through', () => {
    let asked = 0;
    const data = () => ANSWER;
    const lazy = {
      get mask() {
        asked++;
        return { data };
      },
      boxes: { data },
    };
    const numbers = new Float32Array(2_000_000);
    const results = [lazy, numbers];
    const model = { run: () => results.shift() };
    watch(model, { reads: ['data'], frees: ['delete'] });
    expect(model.run()).toBe(lazy);
    expect(asked).toBe(0);
    const began = performance.now();
    expect(model.run()).toBe(numbers);
    expect(performance.now() - began).toBeLessThan(20);
  });

  it('may be a function of a class with private fields, and with bind, call, apply and new', () => {
    class Callable {
      constructor(run: object) {
        // biome-ignore lint/correctness/noConstructorReturn: that is the kind
        return Object.setPrototypeOf(run, new.target.prototype);
      }
    }
    class Pipe extends Callable {
      #left = 2;
      dispose() {
        return --this.#left;
      }
    }
    Object.setPrototypeOf(Callable.prototype, Function.prototype);
    const run = function (this: unknown, x: number) {
      return [this, x];
    };
    const pipe = new Pipe(run) as unknown as typeof run & Pipe;
    const monitor = createMonitor({ app: 'lab', endpoint: '', host: new FakeHost(), remoteConfig: false });
    const watched = anyFunction(monitor, 'pipe', pipe);
    const { dispose } = watched;
    expect([watched.dispose(), watched.dispose()]).toEqual([1, 0]);
    expect(watched.dispose).toBe(dispose);
    const page = {};
    expect([watched.call(page, 1), watched.apply(page, [2]), watched.bind(page)(3)]).toEqual([
      [page, 1],
      [page, 2],
      [page, 3],
    ]);
    expect(watched).toBeInstanceOf(Pipe);
  });

  it('is asked for once, be it nothing', async () => {
    const host = new FakeHost();
    const monitor = createMonitor({ app: 'lab', endpoint: '', host, remoteConfig: false });
    let calls = 0;
    const load = async () => {
      calls++;
      return undefined as never;
    };
    expect((await monitor.load('model', { adapter: any(), url: '/m', load })).model).toBe(undefined);
    expect(calls).toBe(1);
  });

  it('is loaded by a method that may use its `this`', async () => {
    for (const consent of [true, false]) {
      const monitor = createMonitor({
        app: 'lab',
        endpoint: '',
        host: new FakeHost(),
        remoteConfig: false,
        consent,
      });
      const options = {
        adapter: any(),
        url: '/m',
        folder: '/models',
        async load(url: string) {
          return { url: this.folder + url };
        },
      };
      expect((await monitor.load('model', options)).model.url).toBe('/models/m');
    }
  });
});
