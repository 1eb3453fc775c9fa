/** A racer whose answer is wrong, or that fails: it is out, the others race on, and it is told. */

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

describe('one that is wrong', () => {
  it('by the plan’s reference is out at once, told, and left for a day', async () => {
    page.canary = { values: [0.5, -1, 2], tolerance: 0.1 };
    page.answers = { 'wasm-simd': [0.5, -1, 3] };
    page.open();
    const face = await page.load();
    expect(face.backend).toBe('webgpu');
    expect(page.outcomes[0]).toBe('wasm-simd wrong');
    expect(page.races[0]?.results[0]).toMatchObject({ runs: 0 });
    expect(page.incidents).toEqual(['wrong_output wasm-simd']);
    expect(page.host.kept.get('inferfleet:aside:lab')).toContain('face wasm-simd');
  });

  it.each([
    ['zeros', [0, 0, 0]],
    ['NaN', [0.5, Number.NaN, 2]],
    ['another length', [0.5]],
  ])('by most of the others is out, be it the fastest: %s', async (_, answer) => {
    page.warmMs['wasm-simd'] = 0.1; // no work at all
    page.answers = { 'wasm-simd': answer };
    page.open();
    expect((await page.load()).backend).toBe('webgpu');
    expect(page.outcomes).toEqual(['wasm-simd wrong', 'webgl measured', 'webgpu measured', 'cpu hopeless']);
    expect(page.incidents).toEqual(['wrong_output wasm-simd']);
  });

  it('among rounding is none', async () => {
    page.answers = { webgl: [0.51, -1.02, 1.97], webgpu: [0.49, -0.98, 2.03] };
    page.open();
    await page.load();
    expect(page.incidents).toEqual([]);
  });

  it('of two cannot be told: the page has what it would have had, and nobody is blamed', async () => {
    page.race(1, ['wasm-simd', 'webgpu']);
    page.answers = { 'wasm-simd': [7, 7, 7] };
    page.open();
    const face = await page.load();
    expect([face.backend, face.source]).toEqual(['webgl', 'config']);
    expect(page.incidents).toEqual([]);
    expect(page.races[0]?.winner).toBeUndefined();
    expect(page.alive.size).toBe(1);
  });

  describe('beside another variant', () => {
    const rounded = [0.8, -1, 2]; // what a variant of eight bits may answer by right

    beforeEach(() => {
      const byte = (backend: 'wasm-simd' | 'webgpu') => ({ backend, variant: 'uint8' });
      const arms = [{ backend: 'webgl' as const }, byte('wasm-simd'), byte('webgpu')];
      page.plan.race = { share: 1, budget_ms: 1_500, arms };
      page.warmMs = { webgl: 20, 'wasm-simd': 8, webgpu: 12, cpu: 40 };
    });

    const visit = async (answers: Record<string, number[]> = {}) => {
      page.open();
      const face = await page.load({
        variants: { original: '/face.json', uint8: '/face8.json' },
        check: {
          canary(model) {
            const right = page.run(model);
            return answers[model.backend] ?? (model.url === '/face8.json' ? rounded : right);
          },
        },
      });
      return `${face.source} ${face.backend} ${face.variant}`;
    };

    it('is not told by what the other one answers: each is held against its own kind', async () => {
      expect(await visit()).toBe('race wasm-simd uint8');
      expect(page.outcomes).toEqual(['webgl measured', 'wasm-simd measured', 'webgpu measured']);
      expect(page.incidents).toEqual([]);
    });

    it('cannot be told of one that has its variant for itself: if it is the fastest, nobody has won', async () => {
      page.warmMs.webgl = 1;
      expect(await visit()).toBe('config webgl original');
      expect(page.incidents).toEqual([]);
      expect(page.races[0]?.winner).toBeUndefined();
    });

    it('is not that one when it answers as the others do', async () => {
      page.warmMs.webgl = 1;
      expect(await visit({ webgl: rounded })).toBe('race webgl original');
    });

    it('is told by most of its own variant', async () => {
      page.plan.race?.arms.push({ backend: 'cpu', variant: 'uint8' });
      expect(await visit({ 'wasm-simd': [0, 0, 0] })).toBe('race webgpu uint8');
      expect(page.incidents).toEqual(['wrong_output wasm-simd']);
    });
  });

  it('is not run when the plan would have drawn it', async () => {
    page.plan.fallbacks = ['cpu'];
    page.race(1, ['webgl', 'wasm-simd', 'webgpu', 'cpu'], 130);
    page.warmMs = { webgl: 10, 'wasm-simd': 10, webgpu: 70, cpu: 20 };
    page.canary = { values: [0.5, -1, 2], tolerance: 0.1 };
    page.answers = { webgl: [0, 0, 0] };
    page.open();
    const face = await page.load();
    expect(page.outcomes[0]).toBe('webgl wrong');
    expect(face.backend).not.toBe('webgl');
  });
});

describe('one that fails', () => {
  it('to start, to load or to run is out, and the others race on', async () => {
    page.adapter.startable.delete('webgl');
    page.open();
    const options = page.options();
    const face = await page.load({
      load: (url, backend) =>
        backend === 'wasm-simd' ? Promise.reject(new Error('no kernel')) : options.load(url, backend),
      check: {
        canary: (model) => {
          if (page.adapter.current === 'webgpu') throw new TypeError('no shader');
          return page.run(model);
        },
      },
    });
    expect(page.outcomes).toEqual(['wasm-simd failed', 'webgl failed', 'webgpu failed', 'cpu measured']);
    expect([face.backend, face.source]).toEqual(['cpu', 'race']);
    expect(page.alive.size).toBe(1);
  });

  it.each(['plan', 'library'])('like all others leaves the page with what its %s picks', async (who) => {
    if (who === 'library') page.plan.arms = [{ backend: 'other', probability: 1 }];
    page.open();
    const face = await page.load({
      check: {
        canary: () => {
          throw new Error('no input yet');
        },
      },
    });
    expect([face.backend, face.source]).toEqual(['webgl', who === 'plan' ? 'config' : 'default']);
    expect(page.outcomes).toHaveLength(4);
    expect(page.alive.size).toBe(1);
    expect(face.model.predict(21)).toBe(42);
  });

  it('in the page’s own load throws what that throws, as without a race', async () => {
    page.open();
    const error = new Error('offline');
    await expect(page.load({ load: () => Promise.reject(error) })).rejects.toBe(error);
  });

  it('to tell how it is let go of is not raced', async () => {
    page.open();
    const options = page.options();
    const face = await page.load({
      load: async (url, backend) => {
        const { dispose, ...model } = await options.load(url, backend);
        return model as never;
      },
    });
    expect([face.backend, face.source]).toEqual(['webgl', 'config']);
    expect(page.loaded).toEqual(['wasm-simd', 'webgl']);
    expect(page.races).toEqual([]);
  });
});
