import { describe, expect, it } from 'vitest';
import type { Arm, ModelPlan } from '../src/generated/config.js';
import { listAttempts } from '../src/later/attempts.js';
import { drawArm, stableHash } from '../src/later/plan.js';
import type { Planned } from '../src/later/remote_config.js';

const arm = (backend: Arm['backend'], probability: number, rest: Partial<Arm> = {}): Arm => ({
  backend,
  probability,
  ...rest,
});

const planned = (plan: ModelPlan): Planned => ({
  source: 'config',
  document: {
    app: 'lab',
    version: 3,
    device_class: '*',
    issued_at: 0,
    expires_at: 9e15,
    models: { face: plan },
  },
});

const choice = {
  variants: { original: '/face.json', float16: '/face16.json' },
  url: undefined,
  override: undefined,
  planned: undefined,
  at: 0.5,
  steered: undefined,
  limits: {},
};

describe('drawing an arm', () => {
  const plan = { arms: [arm('wasm-simd', 0.05), arm('webgl', 0.9), arm('cpu', 0.05)] };

  it('gives each arm its share of installs', () => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < 20_000; i++) {
      const drawn = drawArm(plan, stableHash(`install-${i} lab face`))?.backend ?? 'none';
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    expect((counts['wasm-simd'] ?? 0) / 20_000).toBeCloseTo(0.05, 2);
    expect((counts.webgl ?? 0) / 20_000).toBeCloseTo(0.9, 2);
  });

  it('moves only the installs that a growing share takes over', () => {
    const grown = { arms: [arm('wasm-simd', 0.25), arm('webgl', 0.7), arm('cpu', 0.05)] };
    for (let i = 0; i < 2_000; i++) {
      const at = stableHash(`install-${i}`);
      const [before, after] = [drawArm(plan, at)?.backend, drawArm(grown, at)?.backend];
      if (before !== after) expect([before, after]).toEqual(['webgl', 'wasm-simd']);
    }
  });

  it('never draws an arm without a share, nor misses when shares add up to a little under 1', () => {
    const thirds = { arms: [arm('cpu', 1 / 3), arm('webgl', 0.333), arm('webgpu', 0.333), arm('other', 0)] };
    expect(drawArm(thirds, 0.9999)?.backend).toBe('webgpu');
    expect(drawArm({ arms: [arm('cpu', 0), arm('webgl', 1)] }, 0)?.backend).toBe('webgl');
  });
});

describe('the order of attempts', () => {
  it('says the whole share of an arm that stands in place of others, too', () => {
    const plan = { arms: [arm('wasm-simd', 0.02), arm('webgl', 0.01), arm('wasm-simd', 0.97)] };
    const at = (place: number) => listAttempts('face', { ...choice, at: place, planned: planned(plan) })[0];
    expect(at(0.5)).toMatchObject({ backend: 'wasm-simd', probability: 0.99 });
    expect(at(0.01)).toMatchObject({ backend: 'wasm-simd', probability: 0.99 });
    expect(at(0.025)).toMatchObject({ backend: 'webgl', probability: 0.01 });
  });

  it('is the library itself without a plan', () => {
    expect(listAttempts('face', choice)).toEqual([
      {
        backend: undefined,
        variant: 'original',
        url: '/face.json',
        source: 'default',
        probability: 1,
        own: true,
      },
    ]);
  });

  it('is the drawn arm, its backend with the own variant, the fallbacks, then the library itself', () => {
    const plan = { arms: [arm('webgpu', 1, { variant: 'float16' })], fallbacks: ['wasm-simd' as const] };
    const attempts = listAttempts('face', { ...choice, planned: planned(plan) });
    expect(attempts.map(({ backend, variant, source }) => [backend, variant, source])).toEqual([
      ['webgpu', 'float16', 'config'],
      ['webgpu', 'original', 'fallback'],
      ['wasm-simd', 'original', 'fallback'],
      [undefined, 'original', 'fallback'],
    ]);
  });

  it('draws the second model of a page among the arms on the backend of the first', () => {
    const plan = { arms: [arm('webgpu', 0.8), arm('wasm', 0.2)] };
    const attempts = listAttempts('face', { ...choice, planned: planned(plan), steered: 'wasm-simd' });
    expect(attempts[0]).toMatchObject({ backend: 'wasm', source: 'config', probability: 1 });
    const none = listAttempts('face', { ...choice, planned: planned(plan), steered: 'cpu' });
    expect(none[0]).toMatchObject({ backend: undefined, source: 'default' });
  });

  it.each([
    ['a backend that the page did not allow', arm('webgpu', 1), { backends: ['cpu' as const] }],
    ['the backend "other"', arm('other', 1), {}],
    ['a variant that nobody knows where to find', arm('webgl', 1, { variant: 'pruned' }), {}],
    ['a model on a foreign origin', arm('webgl', 1, { url: 'https://evil.example/m.json' }), {}],
  ])('refuses %s', (_, refused, limits) => {
    const attempts = listAttempts('face', { ...choice, planned: planned({ arms: [refused] }), limits });
    expect(attempts).toHaveLength(1);
    expect(attempts[0]).toMatchObject({ backend: undefined, url: '/face.json', source: 'default' });
  });

  it('loads from an origin that the page named', () => {
    const url = 'https://models.example/m.json';
    const plan = { arms: [arm('webgl', 1, { variant: 'uint8', url })] };
    const limits = { modelOrigins: ['https://models.example'] };
    expect(listAttempts('face', { ...choice, planned: planned(plan), limits })[0]).toMatchObject({ url });
  });

  it('puts the page first when it forces an arm', () => {
    const plan = { arms: [arm('webgpu', 1)] };
    const override = { backend: 'cpu' as const, variant: 'float16' };
    const [first] = listAttempts('face', { ...choice, planned: planned(plan), override });
    expect(first).toMatchObject({
      backend: 'cpu',
      variant: 'float16',
      url: '/face16.json',
      source: 'override',
    });
  });
});
