/** Models that do not like to be touched, and options of any kind. */

import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MonitorOptions } from '../../client_sdk_js/src/core/options.js';
import { itemsOf } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();
beforeEach(() => {
  world.files.clear();
  world.config = undefined;
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
