/**
 * Races of real models on all four backends of the real TensorFlow.js: who wins, what of it is left in the page, and
 * where the next visit starts.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { ConfigDocument, RacePlan } from '../../client_sdk_js/src/generated/config.js';
import type { Backend, Race } from '../../client_sdk_js/src/generated/report.js';
import { itemsOf, until } from './reports.js';
import { openLab } from './visit.js';
import { context, useWorldAndBrowser, world } from './world_and_browser.js';

useWorldAndBrowser();

/** How many visits of each model are held against the independent measurement. Each takes ten seconds to two minutes. */
const VISITS = Number(process.env.INFERFLEET_RACE_VISITS ?? 2);
const ALL: Backend[] = ['wasm', 'cpu', 'webgl', 'webgpu'];
const armsOf = (...backends: Backend[]) => backends.map((backend) => ({ backend }));

const MODELS = [
  ['blazeface', '/models/blazeface.json'],
  ['liveness', '/models/liveness.json'],
] as const;

/** A plan that has every install race; the budget is one that a software GPU keeps, too. */
const plan = (race: Partial<RacePlan> = {}) => ({
  document: JSON.stringify({
    app: 'lab',
    version: 5,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: Object.fromEntries(
      MODELS.map(([name]) => [
        name,
        {
          arms: [{ backend: 'cpu', probability: 1 }],
          race: { share: 1, budget_ms: 60_000, arms: armsOf(...ALL), ...race },
        },
      ]),
    ),
  } satisfies ConfigDocument),
});

beforeEach(() => {
  world.config = plan();
});

interface Visited {
  backend: Backend;
  source: string;
  races: Race[];
  /** Tensors of the engine beside the model's own weights, and data that backends hold when it is disposed of. */
  leaked: { beside: number; after: number; held: number };
  windows: number;
  loads: number;
}

/** Loads a model, predicts once, and lets it go again. */
async function visit(name: string, url: string, wrong?: string): Promise<Visited> {
  const { page, errors } = await openLab(context, world);
  const visited = await page.evaluate(
    async ({ name, url, wrong }): Promise<Visited> => {
      const { tf, tfjs, monitor, predict } = window.lab;
      if (wrong) {
        // A driver that computes sums wrong, and says nothing.
        for (const kernelName of ['Add', 'FusedConv2D'] as const) {
          const right = tf.getKernel(kernelName, wrong);
          tf.unregisterKernel(kernelName, wrong);
          tf.registerKernel({
            ...right,
            kernelFunc: (params) => {
              if (kernelName === 'Add') return tf.getKernel('Sub', wrong).kernelFunc(params);
              return right.kernelFunc({ ...params, attrs: { ...params.attrs, activation: 'linear' } });
            },
          });
        }
      }
      const engine = tf.engine() as unknown as {
        state: { numTensors: number };
        registry: Record<string, { numDataIds(): number }>;
      };
      const before = engine.state.numTensors;
      let loads = 0;
      const watching = monitor({ configBudgetMs: 20_000, hangMs: 140_000 });
      const races: Race[] = [];
      watching.on('race', (race) => races.push(race));
      const { model, backend, source } = await watching.load(name, {
        adapter: tfjs(tf),
        url,
        load: (from) => {
          loads++;
          return tf.loadGraphModel(from);
        },
        check: { canary: predict },
      });
      const weights = Object.values(model.weights).flat().length;
      const besideNow = () => engine.state.numTensors - before - weights;
      // A prediction that was late holds what it needs until the GPU has ended it.
      const isLate = races[0]?.results.some(
        ({ outcome, load_ms }) => outcome === 'late' && load_ms !== undefined,
      );
      for (let i = 0; isLate && besideNow() && i < 1_200; i++)
        await new Promise((done) => setTimeout(done, 100));
      const beside = besideNow();
      await predict(model);
      await watching.flush();
      const windows = watching.snapshot().models.reduce((sum, { count }) => sum + count, 0);
      model.dispose();
      const held = Object.values(engine.registry).reduce((sum, each) => sum + each.numDataIds(), 0);
      const leaked = { beside, after: engine.state.numTensors - before, held };
      return { backend, source, races, leaked, windows, loads };
    },
    { name, url, wrong },
  );
  expect(errors).toEqual([]);
  await page.close();
  return visited;
}

/**
 * What a warm prediction takes on each backend, in a page of its own that has no monitor: medians in ms. The backends come in the
 * other order than in a race and predict twice as often, for five seconds at most: then one is slow enough.
 */
async function measure(url: string): Promise<Map<string, number>> {
  const { page } = await openLab(context, world);
  const medians = await page.evaluate(
    async ({ url, backends }) => {
      const { tf, predict } = window.lab;
      const found: [string, number][] = [];
      for (const backend of backends) {
        await tf.setBackend(backend);
        const model = await tf.loadGraphModel(url);
        await predict(model); // compiles shaders
        const times: number[] = [];
        const until = performance.now() + 5_000;
        while (times.length < 11 && (!times.length || performance.now() < until)) {
          const began = performance.now();
          await predict(model);
          times.push(performance.now() - began);
        }
        times.sort((a, b) => a - b);
        found.push([backend, times[times.length >> 1] as number]);
        model.dispose();
      }
      return found;
    },
    { url, backends: ALL.toReversed() },
  );
  await page.close();
  return new Map(medians);
}

/** Those that may be called the fastest: within a tenth, which one is ahead changes from one minute to the next. */
function fastest(medians: Map<string, number>): string[] {
  const best = Math.min(...medians.values());
  return [...medians.keys()].filter((backend) => (medians.get(backend) as number) <= 1.1 * best);
}

/** As on a device that was never here. */
async function forget(): Promise<void> {
  const { page } = await openLab(context, world);
  await page.evaluate(() => localStorage.clear());
  await page.close();
}

const family = (backend: Backend) => backend.split('-')[0];
const names = (race: Race | undefined) => race?.results.map(({ backend }) => family(backend));

describe.each(MODELS)('%s', (name, url) => {
  it('is won by what an independent measurement finds, leaves nothing in the page, and the next visit starts on the winner', {
    timeout: 200_000 + 150_000 * VISITS, // a software GPU on two busy cores takes a minute for its first prediction
  }, async () => {
    const medians = await measure(url);
    for (let i = 0; i < VISITS; i++) {
      await forget();
      world.reports.length = 0;
      // Each but WebGPU comes first in its turn: a software one may take the whole budget for its first prediction.
      const order = [...ALL.slice(i % 3, 3), ...ALL.slice(0, i % 3), ...ALL.slice(3)];
      world.config = plan({ arms: armsOf(...order) });
      const { backend, source, races, leaked, windows, loads } = await visit(name, url);
      expect(source).toBe('race');
      expect(fastest(medians)).toContain(family(backend));
      expect(names(races[0])).toEqual(order);
      expect(loads).toBeLessThanOrEqual(order.length); // the winner's model is not loaded again
      // A software GPU may be late, on a machine that has other work: it fails for nothing else.
      for (const result of races[0]?.results ?? []) {
        const may = ['measured', 'hopeless', ...(result.backend.startsWith('webg') ? ['late'] : [])];
        expect(may, result.backend).toContain(result.outcome);
      }
      expect(races[0]?.results[races[0].winner ?? -1]).toMatchObject({
        backend,
        outcome: 'measured',
        runs: 5,
      });
      expect(leaked).toEqual({ beside: 0, after: 0, held: 0 });
      expect(windows).toBe(1);
      await until('the race', () => itemsOf(world, 'races').length > 0);
      expect(itemsOf(world, 'races')).toMatchObject([{ model: name, asked: 'plan', input: 'canary' }]);
      expect(itemsOf(world, 'exposures')).toMatchObject([{ backend, source: 'race' }]);
      expect(itemsOf(world, 'loads')).toMatchObject([{ backend }]);
      const next = await visit(name, url);
      expect(next).toMatchObject({ source: 'race', backend, loads: 1, races: [] });
    }
  });
});

it('keeps to the budget that it has by default, but for a prediction that holds the thread', {
  timeout: 180_000,
}, async () => {
  world.config = plan({ budget_ms: 1_500 });
  const { source, races, leaked } = await visit(...MODELS[0]);
  const [race] = races;
  expect(names(race)).toEqual(ALL);
  expect(source).toBe(race?.winner === null || race?.winner === undefined ? 'config' : 'race');
  const longest = Math.max(
    ...(race?.results ?? []).map(({ first_ms, ready_ms }) => (first_ms ?? 0) + (ready_ms ?? 0)),
  );
  expect(race?.spent_ms).toBeLessThan(1_500 + 2 * longest + 1_000);
  expect(leaked).toMatchObject({ beside: 0, after: 0 });
});

it('leaves out a backend that was made to compute wrong, and tells of it', { timeout: 180_000 }, async () => {
  world.config = plan({ arms: armsOf('wasm', 'cpu', 'webgl') });
  const { backend, source, races } = await visit(...MODELS[0], 'wasm');
  expect(source).toBe('race');
  expect(backend).not.toMatch(/^wasm/);
  expect(races[0]?.results[0]).toMatchObject({ outcome: 'wrong' });
  expect(itemsOf(world, 'incidents').map(({ kind }) => kind)).toContain('wrong_output');
});

it('by hand, with nothing that could be measured, leaves the page with what the library picks by itself', {
  timeout: 120_000,
}, async () => {
  const { page, errors } = await openLab(context, world);
  const seen = await page.evaluate(async (url) => {
    const { tf, tfjs, monitor } = window.lab;
    const watching = monitor({ remoteConfig: false });
    const races: Race[] = [];
    watching.on('race', (race) => races.push(race));
    const { model, backend, source } = await watching.race('blazeface', {
      adapter: tfjs(tf),
      url,
      load: (from) => tf.loadGraphModel(from),
      race: {
        budgetMs: 30_000,
        run() {
          throw new Error('no input');
        },
      },
    });
    const beside = tf.memory().numTensors - Object.values(model.weights).flat().length;
    return { backend, source, beside, races };
  }, MODELS[0][1]);
  expect(seen).toMatchObject({ backend: 'webgpu', source: 'default', beside: 0 });
  expect(seen.races).toMatchObject([{ asked: 'page', input: 'given' }]);
  expect(seen.races[0]?.results.map(({ outcome }) => outcome)).toEqual(Array(4).fill('failed'));
  expect(errors).toEqual([]);
});
