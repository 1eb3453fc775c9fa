/** What a page gives a model for a canary, and what it takes of the answer: as the collector does. */

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ortCanary, referenceInput, referenceValues, type Scale, tfjsCanary } from '../src/canary.js';

interface Vectors {
  inputs: { dtype: string; scale: Scale; values: number[] }[];
  picks: { sizes: number[]; most: number; positions: number[][] }[];
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../tests/vectors/canary.json', import.meta.url), 'utf8'),
);

afterEach(() => vi.unstubAllGlobals());

describe('the made input', () => {
  it.each(vectors.inputs)('of $dtype in $scale is as the vectors have it', ({ dtype, scale, values }) => {
    expect(Array.from(referenceInput(values.length, { dtype, scale }), Number)).toEqual(values);
  });

  it('of text is refused', () => {
    expect(() => referenceInput(1, { dtype: 'string' })).toThrow('cannot give an input of type string');
  });
});

describe('the values', () => {
  it.each(vectors.picks)(
    'of outputs of $sizes, at most $most, are at the positions of the vectors',
    (given) => {
      const { sizes, most, positions } = given;
      const numbered = sizes.map((size, output) =>
        Float64Array.from({ length: size }, (_, i) => output * 1e6 + i),
      );
      expect(referenceValues(numbered, most)).toEqual(
        positions.flatMap((at, o) => at.map((i) => o * 1e6 + i)),
      );
    },
  );

  it('are numbers, of whole and of yes-and-no outputs too', () => {
    expect(referenceValues([new BigInt64Array([3n]), [true, false]])).toEqual([3, 1, 0]);
  });
});

/** A `tf` and a model that keep count of the tensors that are not disposed of. */
function counted(answer: (given: unknown) => unknown) {
  const alive = new Set<object>();
  const make = (data: ArrayLike<number>, shape?: unknown, dtype?: unknown) => {
    const tensor = { values: data, shape, dtype, data: async () => data };
    alive.add(tensor);
    return tensor;
  };
  const tf = {
    tensor: make as never,
    dispose: ((tensors: object[]) => {
      for (const tensor of tensors) alive.delete(tensor);
    }) as never,
  };
  return { tf, alive, make, answer };
}

describe('tfjsCanary', () => {
  const inputs = [{ name: 'x', dtype: 'float32', shape: [-1, 2, 2] }];

  it('gives a layers model its tensor, takes a list of outputs, and leaves no tensor behind', async () => {
    const { tf, alive, make } = counted(() => undefined);
    let given: { values: unknown; shape: unknown } | undefined;
    const canary = tfjsCanary(tf, { id: 'a1b2c3d4e5f6', scale: '-1..1' });
    const predict = (x: never) => {
      given = x;
      return [make([1, 2]), make([3])];
    };
    expect(canary.id).toBe('a1b2c3d4e5f6');
    expect(await canary({ inputs, predict })).toEqual([1, 2, 3]);
    expect(given?.shape).toEqual([1, 2, 2]);
    expect(given?.values).toEqual(referenceInput(4, { scale: '-1..1' }));
    expect(alive.size).toBe(0);
  });

  it('gives a graph model its tensors by name, runs it asynchronously where it must, and sorts named outputs', async () => {
    const { tf, alive, make } = counted(() => undefined);
    let names: string[] = [];
    const model = {
      inputs: [...inputs, { name: 'flag', dtype: 'bool', shape: [] }],
      predict: () => {
        throw new Error(
          'This execution contains the node which has the dynamic op. Please use model.executeAsync()',
        );
      },
      executeAsync: async (feed: never) => {
        names = Object.keys(feed);
        return { b: make([2]), a: make([1]) };
      },
    };
    expect(await tfjsCanary(tf, { id: 'a1b2c3d4e5f6' })(model)).toEqual([1, 2]);
    expect(names).toEqual(['x', 'flag']);
    expect(alive.size).toBe(0);
  });

  it('passes on what the model throws, and leaves no tensor behind', async () => {
    const { tf, alive } = counted(() => undefined);
    const predict = () => {
      throw new Error('no kernel');
    };
    await expect(tfjsCanary(tf, { id: 'a1b2c3d4e5f6' })({ inputs, predict })).rejects.toThrow('no kernel');
    expect(alive.size).toBe(0);
  });

  it.each([
    ['answers 404', async () => new Response('not here', { status: 404 })],
    ['does not answer', async () => Promise.reject(new TypeError('Failed to fetch'))],
    ['answers with half of it', async () => new Response(new Uint8Array(8))],
    ['answers with a page of its own', async () => new Response('<!doctype html>'.repeat(9))],
  ])('says nothing of a model when the server of its own input %s', async (_, fetch) => {
    vi.stubGlobal('fetch', fetch);
    const { tf } = counted(() => undefined);
    const predict = () => expect.fail('it has no input to predict');
    const canary = tfjsCanary(tf, { id: 'a1b2c3d4e5f6', input: '/canary_input.bin' });
    expect(await canary({ inputs, predict })).toBeNull();
  });

  it('says nothing of a model when its own input does not come in time', async () => {
    vi.useFakeTimers();
    try {
      vi.stubGlobal('fetch', (_: string, { signal }: { signal: AbortSignal }) => {
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      });
      const { tf } = counted(() => undefined);
      const predict = () => expect.fail('it has no input to predict');
      const answer = tfjsCanary(tf, { id: 'a1b2c3d4e5f6', input: '/x.bin' })({ inputs, predict });
      await vi.advanceTimersByTimeAsync(11_000);
      expect(await answer).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it('has the browser check the hash of its own input', async () => {
    const fetched: unknown[] = [];
    vi.stubGlobal('fetch', async (...given: unknown[]) => {
      fetched.push(given);
      return new Response(new Uint8Array(16));
    });
    const { tf, make } = counted(() => undefined);
    const predict = () => make([7]);
    const integrity = `sha256-${'A'.repeat(43)}=`;
    const canary = tfjsCanary(tf, { id: 'a1b2c3d4e5f6', input: '/x.bin', integrity });
    expect(await canary({ inputs, predict } as never)).toEqual([7]);
    expect(fetched).toMatchObject([['/x.bin', { integrity }]]);
  });

  it('reads its own inputs by name, each at a multiple of 8 bytes', async () => {
    const bytes = new Uint8Array(24);
    bytes.set([1, 0, 1]);
    new Float32Array(bytes.buffer, 8, 4).set([0.5, -1, 2, 4]);
    vi.stubGlobal('fetch', async () => new Response(bytes));
    const { tf, make } = counted(() => undefined);
    const seen: Record<string, unknown> = {};
    const model = {
      inputs: [...inputs, { name: 'flags', dtype: 'bool', shape: [3] }],
      predict: (feed: Record<string, { values: ArrayLike<number> }>) => {
        for (const [name, { values }] of Object.entries(feed)) seen[name] = Array.from(values);
        return make([7]);
      },
      executeAsync: async () => undefined,
    };
    expect(await tfjsCanary(tf, { id: 'a1b2c3d4e5f6', input: '/x.bin' })(model as never)).toEqual([7]);
    expect(seen).toEqual({ x: [0.5, -1, 2, 4], flags: [1, 0, 1] });
  });
});

describe('ortCanary', () => {
  class Tensor {
    constructor(
      readonly type: string,
      readonly data: ArrayLike<number>,
      readonly dims: number[],
    ) {}
  }
  const session = (shape: (number | string)[]) => {
    const runs: Record<string, Tensor>[] = [];
    let disposed = 0;
    const output = (...values: number[]) => ({ getData: async () => values, dispose: () => void disposed++ });
    return {
      runs,
      disposed: () => disposed,
      inputNames: ['x'],
      outputNames: ['z', 'y'],
      inputMetadata: [{ name: 'x', isTensor: true, type: 'float32', shape }],
      run: async (feeds: never) => {
        runs.push(feeds);
        return { y: output(1), z: output(2, 3) };
      },
    };
  };

  it('takes the outputs in the order of the session, and disposes of them', async () => {
    const made = session(['batch', 3]);
    const canary = ortCanary({ Tensor } as never, { id: 'a1b2c3d4e5f6' });
    expect(await canary(made)).toEqual([2, 3, 1]);
    expect(made.runs[0]?.x).toMatchObject({ type: 'float32', dims: [1, 3], data: referenceInput(3) });
    expect(made.disposed()).toBe(2);
  });

  it('needs sizes that the model leaves open to be said', async () => {
    const made = session([1, 'width']);
    const sizes = { id: 'a1b2c3d4e5f6', shapes: { x: [1, 5] } };
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    // The page's mistake, not the backend's: another backend would make it again.
    expect(await ortCanary({ Tensor } as never, { id: 'a1b2c3d4e5f6' })(made)).toBeNull();
    expect(warned.mock.calls).toMatchObject([[expect.stringContaining('say it in shapes')]]);
    warned.mockRestore();
    await ortCanary({ Tensor } as never, sizes)(made);
    expect(made.runs[0]?.x?.dims).toEqual([1, 5]);
  });
});
