/** Pages that replaced, froze or broke what the SDK stands on. */

import { beforeEach, describe, expect, it } from 'vitest';
import { itemsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { RESULTS, use } from './whole_use.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(() => {
  world.files.clear();
  world.config = undefined;
});

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

  it('that gave lists methods of its own, as Prototype.js 1.7 does', async () => {
    await context.addInitScript(() => {
      const { map } = Array.prototype;
      const own = {
        entries: undefined, // 1.7.3 leaves lists without it; in 1.7 it returns the list
        find(this: unknown[], test: (value: unknown, index: number) => unknown) {
          for (let i = 0; i < this.length; i++) if (test(this[i], i)) return this[i];
          return undefined;
        },
        map(this: unknown[], ...args: Parameters<typeof map>) {
          return args.length ? map.apply(this, args) : this.slice();
        },
        first(this: unknown[]) {
          return this[0];
        },
        toJSON(this: unknown[]) {
          return `[${this.join(', ')}]`;
        },
      };
      Object.assign(Array.prototype, own); // found by `for in`, too
      Object.assign(Array, { from: (list?: Iterable<unknown>) => (list ? [...list] : []) });
      Object.assign(Object, {
        values: (value: Record<string, unknown>) => {
          const found = [];
          for (const key in value) found.push(value[key]);
          return found;
        },
      });
    });
    const { page, errors } = await openLab(context, world, 'modular');
    expect(await use(page)).toMatchObject({ results: RESULTS, settled: 'settled' });
    expect(itemsOf(world, 'windows').map(({ count }) => count)).toEqual([3, 3]);
    expect(itemsOf(world, 'loads')).toMatchObject([{ model: 'loaded' }]);
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
