/** The page gets the very thing that its library returned: watched and unwatched do the same, whatever kind of object it is. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { any, anyFunction } from '../src/any.js';
import { hear } from '../src/core/follow.js';
import type { Window } from '../src/generated/report.js';
import { createMonitor } from '../src/index.js';
import { ort } from '../src/ort.js';
import { FakeHost, settle } from './fake_host.js';

/** What happened, in order; the same for a page with and without the SDK. */
type Trace = unknown[];
interface Model {
  run(...args: unknown[]): unknown;
}

const ANSWER = { scores: [1, 2] };
const WRONG = new RangeError('of the model');
const settled = (fails: boolean) => (fails ? Promise.reject(WRONG) : Promise.resolve(ANSWER));
const later = async (fails: boolean) => {
  await settle();
  if (fails) throw WRONG;
  return ANSWER;
};
class Cancelable<T> extends Promise<T> {
  cancelled = 0;
  cancel() {
    return ++this.cancelled;
  }
  withResponse() {
    return this.then((value) => ({ value }));
  }
}
/** A constructor that makes nothing of what `then` would pass to it. */
class Counted extends Promise<unknown> {
  static made = 0;
  constructor(work: ConstructorParameters<typeof Promise>[0]) {
    super(work);
    Counted.made++;
  }
}
/** Work that starts when somebody waits for it, each time anew. */
class Lazy {
  #started = 0;
  options = 0;
  constructor(
    readonly trace: Trace,
    readonly fails: boolean,
  ) {}
  batch(size: number) {
    this.options = size;
    return this;
  }
  // biome-ignore lint/suspicious/noThenProperty: that is the kind
  then(ok?: (value: unknown) => unknown, no?: (error: unknown) => unknown) {
    this.trace.push(['starts', ++this.#started, this.options]);
    return later(this.fails).then(ok, no);
  }
}
class LazyPromise extends Promise<unknown> {
  constructor(
    readonly trace: Trace,
    readonly fails: boolean,
  ) {
    super((resolve) => resolve(undefined));
  }
  static override get [Symbol.species]() {
    return Promise;
  }
  // biome-ignore lint/suspicious/noThenProperty: that is the kind
  override then: Promise<unknown>['then'] = (ok, no) => {
    this.trace.push('parses');
    return later(this.fails).then(ok, no);
  };
}

/** Results, by kind. */
const RESULTS: Record<string, (trace: Trace, fails: boolean) => unknown> = {
  'a value': () => ANSWER,
  null: () => null,
  undefined: () => undefined,
  'a settled promise': (_, fails) => settled(fails),
  'a promise': (_, fails) => later(fails),
  'a promise with methods of its own': (trace, fails) =>
    Object.assign(later(fails), {
      cancel: () => trace.push('cancel'),
      withResponse: () => later(fails).then((value) => ({ value })),
    }),
  'a frozen promise': (_, fails) => Object.freeze(later(fails)),
  'a subclass of Promise': (_, fails) => Cancelable.resolve(ANSWER).then(() => settled(fails)),
  'a subclass that counts': (_, fails) => Counted.resolve(0).then(() => settled(fails)),
  'a lazy subclass': (trace, fails) => new LazyPromise(trace, fails),
  'a lazy thenable': (trace, fails) => new Lazy(trace, fails),
  'a thenable of one method': (_, fails) => ({
    // biome-ignore lint/suspicious/noThenProperty: that is the kind
    then: (ok: () => unknown, no: () => unknown) => later(fails).then(ok, no),
  }),
  'a frozen thenable': (trace, fails) =>
    Object.freeze({
      // biome-ignore lint/suspicious/noThenProperty: that is the kind
      then(ok: () => unknown, no: () => unknown) {
        trace.push('then');
        return later(fails).then(ok, no);
      },
    }),
  'a proxy of a promise': (trace, fails) =>
    new Proxy(later(fails), {
      get(target, key) {
        if (key === 'cancel') return () => trace.push('cancel');
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  'an object that throws when it is looked at': () => ({
    // biome-ignore lint/suspicious/noThenProperty: that is the kind
    get then() {
      throw new TypeError('no');
    },
  }),
  'a generator': function* () {
    yield 1;
    yield 2;
  },
  'an async generator': (_, fails) =>
    (async function* () {
      yield 1;
      if (fails) throw WRONG;
      yield 2;
    })(),
  'a promise of an async generator': async (_, fails) =>
    (async function* () {
      yield 1;
      if (fails) throw WRONG;
      yield 2;
    })(),
  'a stream': (_, fails) =>
    new ReadableStream({
      pull(controller) {
        if (fails) return controller.error(WRONG);
        controller.enqueue(1);
        controller.close();
      },
    }),
  'an iterable of its own': (_, fails) => {
    let left = 2;
    return Object.freeze({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (fails) throw WRONG;
          return left-- ? { value: left, done: false } : { value: undefined, done: true };
        },
      }),
    });
  },
};

/** Objects that give them, by kind. */
const MODELS: Record<string, (result: (model: unknown, args: unknown[]) => unknown) => Model> = {
  'a plain object': (result) => ({
    run(...args) {
      return result(this, args);
    },
  }),
  'a class with a private field': (result) => {
    class Private {
      #made = (args: unknown[]) => result(this, args);
      run(...args: unknown[]) {
        return this.#made(args);
      }
    }
    return new Private();
  },
  'a proxy': (result) =>
    new Proxy(
      {
        run(...args: unknown[]) {
          return result('behind', args);
        },
      },
      {},
    ),
  'a bound function': (result) => ({ run: ((...args: unknown[]) => result('bound', args)).bind(undefined) }),
  'a function that throws for another apply': (result) => ({
    run: Object.assign((...args: unknown[]) => result('fn', args), {
      apply: () => {
        throw new Error('not this one');
      },
      batch: 8,
    }),
  }),
};

/** Objects that are new in each life are alike by their class. */
const seen = (value: unknown): unknown =>
  value === ANSWER || typeof value !== 'object' ? value : value?.constructor.name;

/** What a page does with a result. */
const USES: Record<string, (result: never, trace: Trace) => unknown> = {
  ignores: () => undefined,
  awaits: async (result, trace) => trace.push(seen(await result)),
  'awaits in try': async (result, trace) => {
    try {
      trace.push(seen(await result));
    } catch (error) {
      trace.push(['caught', error]);
    }
  },
  'attaches a success only': (result: Promise<unknown>, trace) =>
    result?.then?.((value) => trace.push(value)),
  'attaches both, in the next task': async (result: Promise<unknown>, trace) => {
    await Promise.resolve();
    return result?.then?.(
      (value) => trace.push(value),
      (error) => trace.push(['failed', error]),
    );
  },
  catches: (result: Promise<unknown>, trace) => result?.catch?.((error) => trace.push(['caught', error])),
  'hands on': (result, trace) =>
    Promise.all([result]).then(
      ([value]) => trace.push(seen(value)),
      (error) => trace.push(['all', error]),
    ),
  'uses its methods': (result: Cancelable<unknown> & Lazy, trace) => {
    trace.push(result?.cancel?.());
    result?.batch?.(3);
    return result?.withResponse?.().then(
      (value) => trace.push(value),
      () => trace.push('failed'),
    );
  },
  iterates: async (result: AsyncIterable<unknown>, trace) => {
    try {
      for await (const piece of (await result) ?? []) trace.push(piece);
    } catch (error) {
      trace.push(['in the middle', (error as Error).name]);
    }
  },
  reads: async (result: ReadableStream, trace) => {
    const reader = result?.getReader?.();
    try {
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read())
        trace.push(piece.value);
    } catch (error) {
      trace.push(['in the middle', (error as Error).name]);
    }
  },
};

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
let others: NodeJS.UnhandledRejectionListener[] = [];
beforeAll(() => {
  others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', note);
});
afterAll(() => {
  process.removeListener('unhandledRejection', note);
  for (const each of others) process.on('unhandledRejection', each);
});

/** One page life with one call. */
async function live(
  kinds: { model: string; result: string; use: string; fails: boolean },
  watch: (model: Model) => void,
) {
  const trace: Trace = [];
  let given: unknown;
  let self: unknown;
  Counted.made = 0;
  unhandled.length = 0;
  const model = MODELS[kinds.model]?.((of, args) => {
    self = of;
    trace.push(args);
    given = RESULTS[kinds.result]?.(trace, kinds.fails);
    return given;
  }) as Model;
  const { name, length } = model.run as never as { name: string; length: number };
  watch(model);
  trace.push([name, length, Object.keys(model.run)], [model.run.name, model.run.length]);
  const input = { of: 'the page' };
  const result = model.run(input, 2);
  trace.push(
    ['the very object', result === given],
    ['this', typeof self === 'string' ? self : self === model],
  );
  try {
    USES[kinds.use]?.(result as never, trace);
  } catch (error) {
    trace.push(['thrown', (error as Error).message]);
  }
  await settle();
  await settle();
  trace.push(['constructed', Counted.made], ['unhandled', ...unhandled]);
  return trace;
}

const pages: Record<string, (model: Model) => void> = {
  any: (model) => {
    const monitor = createMonitor({ app: 'lab', endpoint: '', host: new FakeHost(), remoteConfig: false });
    monitor.wrap('model', model, { adapter: any() });
  },
  ort: (model) => {
    const monitor = createMonitor({ app: 'lab', endpoint: '', host: new FakeHost(), remoteConfig: false });
    monitor.wrap('model', model, { adapter: ort({ env: { wasm: {} } } as never) });
  },
};
/** Every kind of result of a plain object, and a few results of every other kind of object. */
const everyKind = Object.keys(MODELS).flatMap((model, i) =>
  Object.keys(RESULTS)
    .filter((result) => i === 0 || /^a promise$|^an async gen|^a lazy then/.test(result))
    .flatMap((result) => [false, true].map((fails) => ({ model, result, fails }))),
);

describe.each(Object.keys(pages))('a page that is watched by %s', (adapter) => {
  it.each(Object.keys(USES))(
    'and %s its results lives as one that is not',
    { timeout: 60_000 },
    async (use) => {
      // Side by side they would hear each other's unhandled rejections.
      for (const kinds of everyKind) {
        const without = await live({ ...kinds, use }, () => undefined);
        const watched = await live({ ...kinds, use }, pages[adapter] as never);
        expect(watched, JSON.stringify(kinds)).toEqual(without);
      }
    },
  );
});

describe('a rejection that the page leaves unhandled', () => {
  const heard = (promise: Promise<unknown>) =>
    hear(
      promise,
      () => undefined,
      () => undefined,
    );

  it('is raised once, however many of ours listen, and not when the page handles it', async () => {
    unhandled.length = 0;
    const [ignored, handled] = [settled(true), settled(true)];
    for (const promise of [ignored, ignored, handled, handled]) expect(heard(promise)).toBe(true);
    handled.catch(() => undefined);
    await settle();
    expect(unhandled).toEqual([WRONG]);
    // The same promise given again: the browser would not tell of it again either.
    heard(handled);
    heard(ignored);
    await settle();
    expect(unhandled).toEqual([WRONG]);
  });

  it('is the very one of a page that awaits it in the next task of the same turn', async () => {
    unhandled.length = 0;
    const rejected = settled(true);
    heard(rejected);
    await null;
    await expect(rejected).rejects.toBe(WRONG);
    await settle();
    expect(unhandled).toEqual([]);
  });
});

describe('a function that is watched', () => {
  it('keeps its own properties, its name and its this', () => {
    const monitor = createMonitor({ app: 'lab', endpoint: '', host: new FakeHost(), remoteConfig: false });
    function classify(this: unknown, ...args: unknown[]) {
      return [this, args];
    }
    const pipe = Object.assign(classify, { task: 'sentiment', dispose: () => 'gone' });
    const watched = anyFunction(monitor, 'sentiment', pipe);
    expect([watched.task, watched.dispose(), watched.name, watched.length]).toEqual([
      'sentiment',
      'gone',
      'classify',
      0,
    ]);
    const page = { watched };
    expect(page.watched(1, 2)).toEqual([page, [1, 2]]);
    watched.unwrap();
  });
});

describe('what is measured of it', () => {
  const measure = async (run: () => unknown, use: (result: never) => unknown) => {
    const host = new FakeHost();
    const monitor = createMonitor({ app: 'lab', endpoint: '', host, remoteConfig: false });
    const windows: Window[] = [];
    monitor.on('window', (window) => windows.push(window));
    const model = { run };
    monitor.wrap('model', model, { adapter: any() });
    const result = model.run();
    await settle();
    host.time += 500;
    await Promise.resolve(use(result as never)).catch(() => undefined);
    await settle();
    await monitor.flush();
    const [{ count, errors, ready_ms } = {} as Window] = windows;
    const results = (ready_ms?.counts ?? []).reduce((sum, each) => sum + Math.max(0, each), 0);
    return {
      count,
      errors: errors ?? 0,
      results,
      ms: ready_ms ? 1.04 ** ((ready_ms.buckets[0] ?? 0) + 0.5) : undefined,
    };
  };
  const awaited = async (result: Promise<unknown>) => await result;
  const drained = async (result: AsyncIterable<unknown>) => {
    for await (const _ of await result);
  };
  const once = { count: 1, errors: 0, results: 1 };
  const wrong = { count: 1, errors: 1, results: 0 };

  it('is the promise, whether or not the page waits for it', async () => {
    const made = (fails: boolean) => () => settled(fails);
    expect((await measure(made(false), () => undefined)).ms).toBeLessThan(1);
    expect(await measure(made(false), awaited)).toMatchObject(once);
    expect(await measure(made(true), awaited)).toMatchObject(wrong);
  });

  it('is a subclass or a thenable from when the page asks for it', async () => {
    for (const result of [
      'a subclass of Promise',
      'a lazy subclass',
      'a lazy thenable',
      'a thenable of one method',
    ]) {
      const made = (fails: boolean) => () => RESULTS[result]?.([], fails);
      expect(await measure(made(false), awaited), result).toMatchObject(once);
      expect(await measure(made(true), awaited), result).toMatchObject(wrong);
      expect(await measure(made(false), () => undefined), result).toMatchObject({ ...once, results: 0 });
    }
  });

  it('is a generator or a stream with its last piece, and an error in the middle is one', async () => {
    for (const result of ['an async generator', 'a promise of an async generator', 'a stream']) {
      const made = (fails: boolean) => () => RESULTS[result]?.([], fails);
      const good = await measure(made(false), drained);
      expect(good, result).toMatchObject(once);
      expect(good.ms, result).toBeLessThan(480); // the page was in no hurry for the first piece
      expect(await measure(made(true), drained), result).toMatchObject(wrong);
    }
    const reader = async (stream: ReadableStream) => {
      const reading = stream.getReader();
      while (!(await reading.read()).done);
    };
    expect(await measure(() => RESULTS['a stream']?.([], false), reader)).toMatchObject(once);
  });

  it('has no time of a stream that the page leaves early, or of what takes no methods', async () => {
    const early = async (result: AsyncIterable<unknown>) => {
      for await (const _ of result) break;
    };
    expect(await measure(() => RESULTS['an async generator']?.([], false), early)).toMatchObject({
      ...once,
      results: 0,
    });
    expect(await measure(() => RESULTS['an iterable of its own']?.([], false), drained)).toMatchObject({
      ...once,
      results: 0,
    });
  });
});
