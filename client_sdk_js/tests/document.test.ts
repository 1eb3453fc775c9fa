import { describe, expect, it } from 'vitest';
import { listAttempts } from '../src/later/attempts.js';
import { MOST_CHARACTERS, readDocument } from '../src/later/document.js';

const envelope = {
  app: 'lab',
  version: 3,
  device_class: '*',
  issued_at: 0,
  expires_at: 9e15,
};
const arm = { backend: 'webgl', probability: 1 };
const read = (changes: Record<string, unknown>) => readDocument(JSON.stringify({ ...envelope, ...changes }));
const plan = (face: unknown) => read({ models: { face } }).models?.face;

describe('a config document', () => {
  it('is read as it is when it is as the contract says', () => {
    const document = {
      ...envelope,
      enabled: true,
      sample_rate: 0.5,
      wasm_paths: '/wasm/',
      models: {
        face: {
          arms: [
            {
              backend: 'webgl',
              variant: 'float16',
              url: 'https://models.example/f16.json',
              integrity: `sha256-${'A'.repeat(43)}=`,
              probability: 0.25,
            },
            { backend: 'wasm-simd-threads', probability: 0.75 },
          ],
          fallbacks: ['webgl', 'cpu'],
          wasm_threads: 4,
          canary: { values: [0.5, -1], tolerance: 0.01 },
        },
      },
    };
    expect(JSON.parse(JSON.stringify(readDocument(JSON.stringify(document))))).toEqual(document);
  });

  it('keeps what it knows of a newer one', () => {
    const newer = { arms: [{ ...arm, precision: 'half' }], fallbacks: ['npu', 'cpu'], warm_up: true };
    expect(read({ v: 2, models: { face: newer }, cohort: 'a' }).models?.face).toEqual({
      arms: [arm],
      fallbacks: ['cpu'],
    });
    // Whoever draws a backend from the future runs the page's own default.
    expect(plan({ arms: [{ backend: 'npu', probability: 1 }] })?.arms).toEqual([
      { backend: 'other', probability: 1 },
    ]);
  });

  it.each([
    ['no JSON', '{'],
    ['no text', 7],
    ['nothing', undefined],
    ['null', 'null'],
    ['a list', '[]'],
    ['huge', `${' '.repeat(MOST_CHARACTERS)}{}`],
    ['endlessly deep', '['.repeat(100_000)],
    ['of no version', JSON.stringify({ ...envelope, version: '3' })],
    ['of half a version', JSON.stringify({ ...envelope, version: 1.5 })],
    ['without an expiry', JSON.stringify({ ...envelope, expires_at: undefined })],
    ['that expires at infinity', JSON.stringify(envelope).replace('9000000000000000', '1e999')],
    ['whose kill switch is a text', JSON.stringify({ ...envelope, enabled: 'false' })],
    ['that would sample more than all', JSON.stringify({ ...envelope, sample_rate: 2 })],
  ])('is refused when it is %s', (_, text) => {
    expect(() => readDocument(text)).toThrow(Error);
  });

  it.each([
    ['nothing', null],
    ['without arms', {}],
    ['with no arm', { arms: [] }],
    ['with a million arms', { arms: Array(1_000).fill(arm) }],
    ['whose arms are no list', { arms: { length: 1, 0: arm } }],
    ['with an arm that is nothing', { arms: [arm, null] }],
    ['with NaN for a probability', { arms: [{ ...arm, probability: null }] }],
    ['with a probability below 0', { arms: [{ ...arm, probability: -1 }] }],
    ['with a probability over 1', { arms: [{ ...arm, probability: 1e308 }] }],
    ['with a text for a probability', { arms: [{ ...arm, probability: '1' }] }],
    ['with a number for a backend', { arms: [{ ...arm, backend: 1 }] }],
    ['with a variant that is no name', { arms: [{ ...arm, variant: '../x' }] }],
    ['with a script for a URL', { arms: [{ ...arm, url: 'javascript:alert(1)' }] }],
    ['with an object for a URL', { arms: [{ ...arm, url: {} }] }],
  ])('leaves out a plan %s, and no other', (_, face) => {
    const { models } = read({ models: { face, hand: { arms: [arm] } } });
    expect(Object.keys(models ?? {})).toEqual(['hand']);
  });

  it('of a million arms is refused by its size', () => {
    const text = JSON.stringify({ ...envelope, models: { face: { arms: Array(1_000_000).fill(arm) } } });
    expect(() => readDocument(text)).toThrow(SyntaxError);
  });

  it.each([
    [{ values: [], tolerance: 0 }],
    [{ values: Array(257).fill(0), tolerance: 0 }],
    [{ values: [null], tolerance: 0 }],
    [{ values: [1], tolerance: -1 }],
    [{ values: { length: 1 }, tolerance: 1 }],
    ['canary'],
  ])('leaves out the canary %o', (canary) => {
    expect(plan({ arms: [arm], canary })).toEqual({ arms: [arm], fallbacks: [] });
  });

  it('pollutes no prototype, whatever its models are called', () => {
    const models = '{"__proto__":{"arms":[{"backend":"cpu","probability":1}]},"face":{"arms":[]}}';
    const text = JSON.stringify({ ...envelope, models: 0 }).replace('"models":0', `"models":${models}`);
    const document = readDocument(text);
    expect(({} as { arms?: unknown }).arms).toBeUndefined();
    expect(document.models?.face).toBeUndefined();
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(document.models?.[name]).toBeUndefined();
    expect(
      JSON.stringify(readDocument(`{"__proto__":{"enabled":false},${JSON.stringify(envelope).slice(1)}`)),
    ).toBe(JSON.stringify(readDocument(JSON.stringify(envelope))));
  });
});

describe('an attempt', () => {
  const choice = {
    variants: { original: '/face.json' },
    url: undefined,
    override: undefined,
    at: 0.5,
    steered: undefined,
    limits: { backends: ['webgl' as const, 'cpu' as const] },
  };
  const attempts = (models: unknown, model = 'face') =>
    listAttempts(model, { ...choice, planned: { source: 'config', document: read({ models }) } });
  const own = [{ backend: undefined, url: '/face.json', source: 'default' }];

  it.each(['constructor', 'toString', 'valueOf'])('is the page’s own for a model called %s', (name) => {
    expect(attempts({ face: { arms: [arm] } }, name)).toMatchObject(own);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])(
    'is the page’s own for a variant called %s',
    (variant) => {
      expect(attempts({ face: { arms: [{ ...arm, variant }] } })).toMatchObject(own);
    },
  );

  it.each([
    'data:application/json,{}',
    '//evil.example/m.json',
    '/\\evil.example/m.json',
    'https://evil.example/m.json',
    'https://models.example@evil.example/m.json',
    'http://models.example/m.json',
  ])('never loads from %s', (url) => {
    const limits = { modelOrigins: ['https://models.example'] };
    const planned = {
      source: 'config' as const,
      document: { ...read({}), models: { face: { arms: [{ ...arm, url, backend: 'webgl' as const }] } } },
    };
    expect(listAttempts('face', { ...choice, limits, planned })).toMatchObject(own);
  });

  it('stays within the page’s backends, whatever a document holds', () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const odd = [
      ...['webgl', 'webgl', 'webgpu', 'cpu', 'other', 'original', 'original', '__proto__', 'x y', ''],
      ...[undefined, undefined, null, -1, 0.5, 0.5, 1, 1, 1e308, true, [], {}],
    ];
    const any = () => odd[random(odd.length)];
    const mostly = (good: unknown) => (random(4) ? good : any());
    const oddArm = () => ({
      backend: mostly(['webgl', 'cpu', 'webgpu'][random(3)]),
      variant: mostly(undefined),
      url: mostly(null),
      probability: mostly(random(11) / 10),
    });
    let chosen = 0;
    for (let i = 0; i < 5_000; i++) {
      const face = random(9)
        ? { arms: Array.from({ length: random(4) }, oddArm), fallbacks: random(2) ? [any(), any()] : any() }
        : any();
      for (const { backend, url } of attempts({ face, [String(any())]: any() })) {
        if (backend) chosen++;
        if (![undefined, 'webgl', 'cpu'].includes(backend) || url !== '/face.json')
          throw new Error(`${backend} ${url} by ${JSON.stringify(face)}`);
      }
    }
    expect(chosen).toBeGreaterThan(500); // not all were refused
  });
});
