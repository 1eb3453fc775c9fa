/** A race on the device: what it runs, who wins, and what of it the page and the collector see. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RacePage } from './race_page.js';

let page: RacePage;

beforeEach(() => {
  page = new RacePage();
});
afterEach(() => {
  page.monitor.close();
  vi.unstubAllGlobals();
});

describe('a race', () => {
  it('gives the page the backend that was the fastest, and lets go of the other models', async () => {
    page.open();
    const face = await page.load();
    expect([face.backend, face.source]).toEqual(['wasm-simd', 'race']);
    expect(page.outcomes).toEqual([
      'wasm-simd measured',
      'webgl hopeless',
      'webgpu measured',
      'cpu hopeless',
    ]);
    expect([...page.alive]).toEqual([face.model]);
    expect(page.adapter.tensors).toBe(7); // the handed model's own
    expect(page.adapter.current).toBe('wasm-simd');
    expect(page.exposed).toEqual(['race wasm-simd']);
  });

  it('is told as one item with what each took', async () => {
    Object.assign(page, { firstMs: { webgl: 300 }, loadMs: { webgl: 25 } });
    page.race(1, ['webgl', 'wasm-simd'], 2_000);
    page.open();
    await page.load();
    await page.monitor.flush();
    const sent = page.host.sent.flatMap(({ report }) => report.races ?? []);
    expect(sent).toEqual(page.races.map((race) => JSON.parse(JSON.stringify(race))));
    expect(sent).toMatchObject([
      {
        model: 'face',
        asked: 'plan',
        budget_ms: 2_000,
        spent_ms: 25 + 320 + 5 * 20 + 6 * 8,
        input: 'canary',
        results: [
          { backend: 'webgl', outcome: 'measured', load_ms: 25, first_ms: 320, ready_ms: 20, runs: 5 },
          { backend: 'wasm-simd', outcome: 'measured', load_ms: 0, first_ms: 8, ready_ms: 8, runs: 5 },
        ],
        winner: 1,
      },
    ]);
    expect(page.monitor.snapshot().models[0]?.chosen.race).toEqual(page.races[0]);
  });

  it('is not in windows, and the load item says what its winner took', async () => {
    page.race(1, ['webgl', 'wasm-simd']);
    Object.assign(page, { firstMs: { 'wasm-simd': 60 }, loadMs: { 'wasm-simd': 30 } });
    page.open();
    const face = await page.load();
    face.model.predict(1);
    await page.monitor.flush();
    expect(page.windows).toBe(1);
    const loads = page.host.sent.flatMap(({ report }) => report.loads ?? []);
    expect(loads).toMatchObject([{ backend: 'wasm-simd', load_ms: 30, first_prediction_ms: 68 }]);
  });

  it('takes the order of the plan, and the first of two that are as fast', async () => {
    page.warmMs = { webgpu: 8, 'wasm-simd': 8 };
    page.race(1, ['webgpu', 'wasm-simd']);
    page.open();
    expect((await page.load()).backend).toBe('webgpu');
  });

  it.each([
    [0.1, 'wasm-simd'], // ten predictions: 5 + 30 against 8 + 1
    [0.001, 'webgpu'], // a thousand
  ])(
    'weighs the start by %d, as the plan says: few predictions do not pay for a slow one',
    async (weight, won) => {
      Object.assign(page, { firstMs: { webgpu: 300 }, warmMs: { webgpu: 5, 'wasm-simd': 8 } });
      page.race(1, ['webgpu', 'wasm-simd']);
      Object.assign(page.plan.race ?? {}, { start_weight: weight });
      page.open();
      expect((await page.load()).backend).toBe(won);
    },
  );

  it('takes a variant that the plan names, where the page has it', async () => {
    const { plan } = page;
    plan.race = {
      share: 1,
      budget_ms: 1_500,
      arms: [
        { backend: 'wasm-simd' },
        { backend: 'webgpu', variant: 'float16' },
        { backend: 'cpu', variant: 'unheard-of' },
      ],
    };
    page.warmMs = { 'wasm-simd': 20, webgpu: 5 };
    page.open();
    const face = await page.load({ variants: { original: '/face.json', float16: '/face16.json' } });
    expect([face.backend, face.variant, face.model.url]).toEqual(['webgpu', 'float16', '/face16.json']);
    expect(page.races[0]?.results.map(({ variant }) => variant)).toEqual(['original', 'float16']);
  });

  it('runs on an input that the page gives, instead of the canary’s', async () => {
    const run = vi.fn(page.run);
    page.canary = { values: [9, 9, 9], tolerance: 0.1 }; // of another input
    page.open();
    const face = await page.load({ race: { run, budgetMs: 400 }, check: {} });
    expect(face.source).toBe('race');
    expect(page.races).toMatchObject([{ input: 'given', budget_ms: 400 }]);
    expect(run).toHaveBeenCalled();
  });
});

describe('the budget', () => {
  it('is not exceeded by more than what is under way: who was not measured by then is late', async () => {
    page.race(1, ['wasm-simd', 'webgl', 'cpu', 'webgpu'], 300);
    page.firstMs = { webgl: 20, cpu: 300 };
    page.open();
    const face = await page.load();
    expect(face.backend).toBe('wasm-simd');
    expect(page.outcomes).toEqual(['wasm-simd measured', 'webgl hopeless', 'cpu late', 'webgpu late']);
    expect(page.loaded).toEqual(['wasm-simd', 'webgl', 'cpu']);
    expect(page.races[0]?.spent_ms).toBeLessThan(300 + 340);
    expect(page.alive.size).toBe(1);
  });

  it('is not used up by one that is slow and comes first: it makes three warm runs, and leaves the rest to the others', async () => {
    page.race(1, ['cpu', 'webgl', 'wasm-simd'], 1_500);
    page.warmMs = { cpu: 300, webgl: 40, 'wasm-simd': 8 };
    page.open();
    expect((await page.load()).backend).toBe('wasm-simd');
    expect(page.races[0]?.results).toMatchObject([
      { outcome: 'measured', runs: 3 },
      { outcome: 'measured', runs: 3 },
      { outcome: 'measured', runs: 5 },
    ]);
  });

  it('ends what could no more be measured in it after one warm run', async () => {
    page.race(1, ['wasm-simd', 'webgl', 'cpu'], 400);
    page.warmMs = { 'wasm-simd': 30, webgl: 50, cpu: 55 };
    page.firstMs = { cpu: 20 };
    page.open();
    await page.load();
    // 180 ms, 200 ms at most, and what is left is too short for three of 55.
    expect(page.outcomes).toEqual(['wasm-simd measured', 'webgl measured', 'cpu late']);
  });

  it('spent by the first one leaves the page with what it would have had, loaded once', async () => {
    page.race(1, ['webgl', 'wasm-simd'], 200);
    page.firstMs = { webgl: 5_000 };
    page.open();
    const face = await page.load();
    expect([face.backend, face.source]).toEqual(['webgl', 'config']);
    expect(page.loaded).toEqual(['webgl']);
    expect(page.races).toMatchObject([{ results: [{ outcome: 'late' }, { outcome: 'late', runs: 0 }] }]);
    expect(page.races[0]?.winner).toBeUndefined();
  });

  it('bounds a load and a start that do not end; a model that comes after all is let go', async () => {
    page.race(1, ['wasm-simd', 'cpu', 'webgpu'], 1_000);
    page.open();
    const options = page.options();
    let come: (() => void) | undefined;
    const face = await page.load({
      load: async (url, backend) => {
        const model = await options.load(url, backend);
        if (backend === 'cpu')
          await new Promise<void>((resolve) => {
            come = resolve;
          });
        return model;
      },
    });
    expect(page.outcomes).toEqual(['wasm-simd measured', 'cpu late', 'webgpu late']);
    // The only one that was measured was held against none.
    expect([face.backend, face.source]).toEqual(['webgl', 'config']);
    expect(page.alive.size).toBe(2);
    come?.();
    await page.host.advance(1);
    expect([...page.alive]).toEqual([face.model]);
  });

  it('is over for one that waits for the page to pause: it does not run later', async () => {
    page.race(1, ['wasm-simd', 'cpu'], 300);
    page.open();
    let inUse: 'pending' | undefined = 'pending';
    Object.assign(page.adapter, { perModel: true, inUse: () => inUse });
    const face = await page.load();
    expect(page.outcomes).toEqual(['wasm-simd late', 'cpu late']);
    inUse = undefined;
    await page.host.advance(1_000);
    expect(page.predicted).toEqual([]);
    expect([...page.alive]).toEqual([face.model]);
  });

  it('ends a start that never does, and the library may still pick that backend', async () => {
    page.race(1, ['wasm-simd', 'cpu', 'webgpu'], 1_000);
    page.open();
    const { adapter } = page;
    const start = adapter.start.bind(adapter);
    adapter.start = (backend) => (backend === 'webgpu' ? new Promise(() => undefined) : start(backend));
    const ranks: (boolean | undefined)[] = [];
    adapter.giveUp = (_backend: string, staysPicked?: boolean) => void ranks.push(staysPicked);
    expect((await page.load()).backend).toBe('wasm-simd');
    expect(page.outcomes).toEqual(['wasm-simd measured', 'cpu hopeless', 'webgpu late']);
    expect(ranks).toEqual([true]);
  });
});

describe('consent that is taken back during a race', () => {
  it('leaves nothing told or kept of it, and the page has its model', async () => {
    page.open();
    const face = await page.load({
      check: {
        canary(model) {
          page.monitor.consent(false);
          return page.run(model);
        },
      },
    });
    await page.monitor.flush();
    expect(face.model.predict(21)).toBe(42);
    expect(page.races).toEqual([]);
    expect(page.host.sent).toEqual([]);
    expect([...page.host.kept]).toEqual([]);
  });
});

describe('nobody sees the page during a race', () => {
  it('because the machine sleeps', async () => {
    page.open();
    const sleep = page.run;
    const face = await page.load({
      check: {
        canary(model) {
          page.host.time += 2 * 3600 * 1000;
          return sleep(model);
        },
      },
    });
    expect([face.backend, face.source]).toEqual(['webgl', 'config']);
    expect(page.races).toEqual([]);
    page.open();
    expect((await page.load()).source).toBe('race');
  });

  it('and so its times say nothing: it is not told, and another visit races', async () => {
    page.open();
    const hide = page.run;
    const face = await page.load({
      check: {
        canary: (model) => {
          page.host.isHidden = true;
          return hide(model);
        },
      },
    });
    expect([face.backend, face.source]).toEqual(['webgl', 'config']);
    expect(page.races).toEqual([]);
    // It ended there.
    expect(page.predicted).toEqual(['wasm-simd']);
    expect(page.loaded).toEqual(['wasm-simd', 'webgl']);
    expect([...page.alive]).toEqual([face.model]);
    page.host.isHidden = false;
    page.open();
    expect((await page.load()).source).toBe('race');
    expect(page.races).toHaveLength(1);
  });
});
