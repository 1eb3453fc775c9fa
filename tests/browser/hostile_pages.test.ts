/** Pages that replaced, froze or broke what the SDK stands on, models that do not like to be touched, options of any kind. */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MonitorOptions } from '../../client_sdk_js/src/core/options.js';
import { launchChromium } from './chromium.js';
import { itemsOf, until } from './reports.js';
import { startWorld, type World } from './server.js';
import { openLab } from './visit.js';

let world: World;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});
beforeEach(async () => {
  context = await browser.newContext();
  world.files.clear();
  world.reports.length = 0;
  world.config = undefined;
});
afterEach(() => context.close());

/** Wraps a model, predicts, stages, and sends; what the page got. */
const use = (page: Page) =>
  page.evaluate(async () => {
    const { tf, monitor, affine, adapter } = window.modular;
    await tf.setBackend('cpu');
    const loaded = await monitor.load('loaded', { adapter, url: '/m.json', load: async () => affine() });
    const { model } = monitor.wrap('wrapped', affine(), { adapter });
    const results = [];
    for (const each of [loaded.model, model])
      for (const x of [1, 2, 3]) results.push(each.predict(tf.tensor1d([x])).dataSync()[0]);
    monitor.stage('pre')();
    const settled = await Promise.race([
      monitor.flush().then(() => 'settled'),
      new Promise((resolve) => setTimeout(resolve, 45_000, 'hangs')),
    ]);
    return { results, settled, reports: monitor.snapshot().reports };
  });
const RESULTS = [3, 5, 7, 3, 5, 7];

describe('a page', () => {
  it('that replaced Promise, timers and listeners as zone.js does', async () => {
    await context.addInitScript(() => {
      // The shape of it: a Promise that is no subclass of the native one, and callbacks that are wrapped.
      const Native = Promise;
      class ZonePromise {
        #native: Promise<unknown>;
        constructor(run: ConstructorParameters<typeof Promise>[0]) {
          this.#native = new Native(run);
        }
        // biome-ignore lint/suspicious/noThenProperty: it is a promise
        then(ok?: (value: unknown) => unknown, no?: (error: unknown) => unknown) {
          const next = this.#native.then(ok, no);
          return new ZonePromise((resolve, reject) => void next.then(resolve, reject));
        }
        catch(no: (error: unknown) => unknown) {
          return this.then(undefined, no);
        }
        finally(last: () => void) {
          return this.then(
            (value) => {
              last();
              return value;
            },
            (error) => {
              last();
              throw error;
            },
          );
        }
        static resolve = (value: unknown) => new ZonePromise((resolve) => resolve(value));
        static reject = (error: unknown) => new ZonePromise((_, reject) => reject(error));
        static all = (all: Iterable<unknown>) => ZonePromise.resolve(Native.all(all));
        static race = (all: Iterable<unknown>) => ZonePromise.resolve(Native.race(all));
        static allSettled = (all: Iterable<unknown>) => ZonePromise.resolve(Native.allSettled(all));
      }
      const { setTimeout: later, fetch: ask } = window;
      Object.assign(window, {
        Promise: ZonePromise,
        setTimeout: (fn: () => void, ms?: number, ...rest: unknown[]) =>
          later(() => fn.apply(window, rest as []), ms),
        fetch: (...args: Parameters<typeof fetch>) => ZonePromise.resolve(ask(...args)),
      });
      const add = EventTarget.prototype.addEventListener;
      EventTarget.prototype.addEventListener = function (type, listener, options) {
        return add.call(
          this,
          type,
          typeof listener === 'function' ? (event) => listener(event) : listener,
          options,
        );
      };
    });
    const { page, errors } = await openLab(context, world, 'modular');
    expect(await use(page)).toMatchObject({ results: RESULTS, settled: 'settled' });
    await page.goto('about:blank');
    await until('both windows', () => itemsOf(world, 'windows').length === 2);
    expect(itemsOf(world, 'incidents')).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('that froze the language’s own objects, as SES does', async () => {
    const { page, errors } = await openLab(context, world, 'modular');
    await page.evaluate(() => {
      for (const name of Object.getOwnPropertyNames(globalThis)) {
        const value = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
        if (typeof value !== 'function' || !/^[A-Z]/.test(name) || name in window.Node) continue;
        if (value.prototype) Object.freeze(value.prototype);
        Object.freeze(value);
      }
      for (const value of [JSON, Math, Reflect, Object.getPrototypeOf(async () => undefined)])
        Object.freeze(value);
    });
    expect(
      await page.evaluate(() => Object.isFrozen(Array.prototype) && Object.isFrozen(Promise.prototype)),
    ).toBe(true);
    expect(await use(page)).toMatchObject({ results: RESULTS, settled: 'settled' });
    expect(itemsOf(world, 'windows').map(({ count }) => count)).toEqual([3, 3]);
    expect(itemsOf(world, 'incidents')).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('whose policy lets it connect to nothing of ours', async () => {
    world.files.set(
      '/hostile',
      '<!doctype html><script type="module" src="/modular/application.js"></script>',
    );
    await context.route(`${world.origin}/hostile`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        headers: { ...response.headers(), 'content-security-policy': "connect-src 'none'" },
      });
    });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${world.origin}/hostile`);
    const seen = await use(page);
    expect(seen).toMatchObject({ results: RESULTS, settled: 'settled' });
    expect(seen.reports.queued).toBeGreaterThan(0);
    await page.goto('about:blank');
    expect(world.reports).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('whose visitor blocks telemetry', async () => {
    await context.route(/\/v1\//, (route) => route.abort('blockedbyclient'));
    await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'sendBeacon'));
    const { page, errors } = await openLab(context, world, 'modular');
    expect(await use(page)).toMatchObject({
      results: RESULTS,
      settled: 'settled',
      reports: { acknowledged: 0 },
    });
    await page.goto('about:blank');
    expect(errors).toEqual([]);
  });

  it.each([
    ['set back by a day', -86_400_000],
    ['set forward by a day', 86_400_000],
  ])('whose clock is %s', async (_, jump) => {
    const { page, errors } = await openLab(context, world, 'modular');
    await page.evaluate(async (jump) => {
      const { tf, monitor, affine, adapter } = window.modular;
      await tf.setBackend('cpu');
      const { model } = monitor.wrap('before', affine(), { adapter });
      model.predict(tf.tensor1d([1]));
      const end = monitor.stage('across');
      monitor.stage('before')();
      const { now } = Date;
      Date.now = () => now() + jump;
      model.predict(tf.tensor1d([1]));
      end();
    }, jump);
    expect(await use(page)).toMatchObject({ results: RESULTS, settled: 'settled' });
    // Read against the contract: no duration is negative.
    expect(itemsOf(world, 'windows').map(({ model, count }) => [model, count])).toEqual([
      ['before', 2],
      ['loaded', 3],
      ['wrapped', 3],
    ]);
    expect(itemsOf(world, 'stages').map(({ stage }) => stage)).toEqual(['before', 'across', 'pre']);
    expect(errors).toEqual([]);
  });

  it('whose performance.now() stands still', async () => {
    await context.addInitScript(() => {
      performance.now = () => 1_000;
    });
    const { page, errors } = await openLab(context, world, 'modular');
    expect(await use(page)).toMatchObject({ results: RESULTS, settled: 'settled' });
    expect(itemsOf(world, 'windows').map(({ count }) => count)).toEqual([3, 3]);
    expect(errors).toEqual([]);
  });

  it('with 200 models, some of them badly named', async () => {
    const { page, errors } = await openLab(context, world, 'modular');
    const right = await page.evaluate(async () => {
      const { tf, monitor, affine, adapter } = window.modular;
      await tf.setBackend('cpu');
      const names = [
        '',
        ' ',
        'a b',
        '../x',
        '<b>',
        '\ud800',
        'é',
        'x'.repeat(65),
        '__proto__',
        'null\0',
        '💥',
      ];
      let right = 0;
      for (let i = 0; i < 200; i++) {
        const { model } = monitor.wrap(names[i] ?? `model-${i}`, affine(), { adapter });
        if (model.predict(tf.tensor1d([i])).dataSync()[0] === 2 * i + 1) right++;
        monitor.stage(names[i] ?? 'pre', { model: names[i] as string })();
      }
      await monitor.flush();
      return right;
    });
    expect(right).toBe(200);
    expect(itemsOf(world, 'windows')).toHaveLength(189);
    for (const { report, bytes } of world.reports)
      expect(bytes, JSON.stringify(report)).toBeLessThanOrEqual(16 * 1024);
    expect(itemsOf(world, 'incidents')).toMatchObject([
      { kind: 'sdk_error', error: 'RangeError', count: 11 },
    ]);
    expect(errors).toEqual([]);
  });
});

describe('a file of the SDK', () => {
  const FILES = [
    'later',
    'backends',
    'offline',
    'forget',
    'signature',
    'kernel_time',
    'fences',
    'graphics',
    'leak_hint',
  ];
  const fileOf = (url: string) => /\/modular\/([a-z_]+)-[\w-]+\.js$/.exec(url)?.[1] ?? '';

  /** All that the SDK fetches in its life: a signed config, kernel times on webgl, consent that is taken back. */
  async function useAll(page: Page) {
    const used = await use(page);
    const more = await page.evaluate(async () => {
      const { tf, createMonitor, affine, adapter } = window.modular;
      const monitor = createMonitor({
        app: 'second',
        key: 'lab-key',
        endpoint: location.origin,
        kernelEvery: 1,
        configPublicKey: 'AAAA',
      });
      await tf.setBackend('webgl');
      const { model } = await monitor.load('second', { adapter, url: '/m.json', load: async () => affine() });
      const results: unknown[] = [];
      for (let i = 0; i < 20; i++) {
        const out = model.predict(tf.tensor1d([i]));
        if (i % 2) results.push((await out.data())[0]);
      }
      await monitor.flush();
      monitor.consent(false);
      await new Promise((resolve) => setTimeout(resolve, 500));
      return results;
    });
    return { ...used, more };
  }
  const ALL = { results: RESULTS, settled: 'settled', more: [3, 7, 11, 15, 19, 23, 27, 31, 35, 39] };
  const CONFIG = { document: '{}', signature: 'AAAA' };

  it('is fetched by the life that the next tests are held to', async () => {
    world.config = CONFIG;
    const fetched = new Set<string>();
    context.on('request', (request) => fetched.add(fileOf(request.url())));
    const { page, errors } = await openLab(context, world, 'modular');
    expect(await useAll(page)).toMatchObject(ALL);
    for (let i = 0; i < 40 && FILES.some((name) => !fetched.has(name)); i++)
      await new Promise((resolve) => setTimeout(resolve, 250));
    expect([...fetched].sort()).toEqual(expect.arrayContaining([...FILES].sort()));
    expect(errors).toEqual([]);
  });

  it.each(['does not load', 'is not the one that was asked for', 'never comes'])(
    'that %s costs the page nothing',
    async (how) => {
      world.config = CONFIG;
      // Each on a page of its own, all at once: what never comes is waited for.
      const seen = await Promise.all(
        FILES.map(async (name) => {
          const own = await browser.newContext();
          await own.route(
            (url) => fileOf(url.pathname) === name,
            (route) => {
              if (how === 'does not load') return route.abort();
              if (how === 'never comes') return;
              return route.fulfill({ contentType: 'text/javascript', body: 'export {};' });
            },
          );
          const { page, errors } = await openLab(own, world, 'modular');
          const used = await useAll(page);
          await page.goto('about:blank');
          await own.close();
          return { name, used, errors };
        }),
      );
      for (const { name, used, errors } of seen) {
        expect({ name, ...used }).toMatchObject({ name, ...ALL });
        expect({ name, errors }).toEqual({ name, errors: [] });
      }
    },
    240_000,
  );
});

describe('a model', () => {
  /** What each makes of 1, 2 and 3, watched and not; and how many of its predictions were counted. */
  const models = (page: Page) =>
    page.evaluate(async () => {
      const { tf, monitor, affine, adapter } = window.modular;
      await tf.setBackend('cpu');
      class Sub extends class Base {
        predict(x: import('@tensorflow/tfjs').Tensor) {
          return tf.add(tf.mul(x, 2), 1);
        }
      } {
        #secret = 1;
        override predict(x: import('@tensorflow/tfjs').Tensor) {
          return tf.add(super.predict(x), this.#secret);
        }
      }
      type Model = { predict(x: import('@tensorflow/tfjs').Tensor): import('@tensorflow/tfjs').Tensor };
      const made: Record<string, () => Model> = {
        plain: affine,
        frozen: () => Object.freeze(affine()),
        sealed: () => Object.seal(affine()),
        fixed: () => Object.defineProperty({} as Model, 'predict', { value: affine().predict }),
        accessor: () =>
          Object.defineProperty({} as Model, 'predict', { get: () => affine().predict, configurable: true }),
        subclassed: () => new Sub(),
        proxied: () => new Proxy(affine(), {}),
        bound: () =>
          new Proxy(new Sub(), {
            get: (target, key) => {
              const value = Reflect.get(target, key);
              return typeof value === 'function' ? value.bind(target) : value;
            },
          }),
        closed: () =>
          new Proxy(affine(), {
            defineProperty: () => {
              throw new TypeError('not to be touched');
            },
          }),
        deaf: () => new Proxy(affine(), { defineProperty: () => false }),
        thorny: () =>
          Object.defineProperties(affine(), {
            execute: {
              get() {
                throw new TypeError('not to be read');
              },
            },
            dispose: { get: () => 'no function' },
          }),
      };
      const outcome = (model: Model) =>
        [1, 2, 3].map((x) => {
          try {
            return model.predict(tf.tensor1d([x])).dataSync()[0];
          } catch (error) {
            return String(error);
          }
        });
      const seen: Record<string, unknown> = {};
      for (const [name, make] of Object.entries(made)) {
        const model = make();
        const handle = monitor.wrap(name, model, { adapter });
        const watched = outcome(handle.model);
        handle.unwrap();
        seen[name] = {
          same: handle.model === model,
          watched,
          unwatched: outcome(make()),
          after: outcome(model),
        };
      }
      await monitor.flush();
      return seen;
    });

  it('that does not like to be touched works as it would without us', async () => {
    const { page, errors } = await openLab(context, world, 'modular');
    const seen = await models(page);
    for (const [name, each] of Object.entries(seen)) {
      const { same, watched, unwatched, after } = each as Record<string, unknown>;
      expect({ name, same, watched, after }).toEqual({
        name,
        same: true,
        watched: unwatched,
        after: unwatched,
      });
    }
    const counts = Object.fromEntries(itemsOf(world, 'windows').map(({ model, count }) => [model, count]));
    expect(counts).toMatchObject({ plain: 3, accessor: 3, subclassed: 3, proxied: 3, bound: 3 });
    expect(errors).toEqual([]);
  });
});

describe('options', () => {
  it('of any kind never throw, nor keep the page busy', async () => {
    const { page, errors } = await openLab(context, world, 'modular');
    const seen = await page.evaluate(async () => {
      const { tf, createMonitor, affine, adapter } = window.modular;
      await tf.setBackend('cpu');
      const good = { app: 'lab', key: 'lab-key', endpoint: location.origin, remoteConfig: false };
      const bad = {
        get app(): string {
          throw new Error('not to be read');
        },
      };
      const values = [
        undefined,
        null,
        '',
        'x',
        '5',
        -1,
        0,
        1e308,
        Number.NaN,
        {},
        [],
        () => 1,
        Symbol('x'),
        1n,
        '\ud800',
        bad,
      ];
      const whole = [
        undefined,
        null,
        0,
        'x',
        [],
        bad,
        () => 1,
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no');
            },
          },
        ),
      ];
      const names =
        'app endpoint key release configPublicKey configBudgetMs remoteConfig backends modelOrigins windowMs hangMs kernelEvery consent globalPrivacyControl sampleRate host'.split(
          ' ',
        );
      const all: unknown[] = [
        ...whole,
        ...names.flatMap((name) => values.map((value) => ({ ...good, [name]: value }))),
      ];
      const thrown: string[] = [];
      let timers = 0;
      const { setTimeout: real } = window;
      Object.assign(window, {
        setTimeout: (...args: Parameters<typeof setTimeout>) => {
          timers++;
          return real(...args);
        },
      });
      for (const options of all) {
        try {
          const monitor = createMonitor(options as MonitorOptions);
          const handle = monitor.wrap('affine', affine(), { adapter });
          if (handle.model.predict(tf.tensor1d([1])).dataSync()[0] !== 3) thrown.push('wrong result');
          monitor.stage('pre')();
          for (const value of values) {
            monitor.wrap(value as string, affine(), value as never);
            monitor.stage(value as string, value as never)();
            monitor.on(value as never, value as never)();
            monitor.consent(value as never);
          }
          monitor.consent(true);
          JSON.stringify(monitor.snapshot());
          void monitor.flush().catch((error) => thrown.push(String(error)));
          Object.assign(window, {
            monitors: [...((window as { monitors?: unknown[] }).monitors ?? []), monitor],
          });
        } catch (error) {
          thrown.push(
            `${String((error as Error).stack)} for ${Object.entries(options ?? {}).map(([k, v]) => `${k} ${typeof v}`)}`,
          );
        }
      }
      await new Promise((resolve) => real(resolve, 1_000));
      timers = 0;
      await new Promise((resolve) => real(resolve, 3_000));
      const busy = timers;
      for (const monitor of (window as unknown as { monitors: { close(): void }[] }).monitors)
        monitor.close();
      return { cases: all.length, thrown, busy };
    });
    expect(seen.thrown).toEqual([]);
    expect(seen.busy).toBeLessThan(seen.cases * 5);
    expect(errors).toEqual([]);
  });
});
