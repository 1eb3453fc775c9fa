import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Observer, Prediction } from '../src/core/adapter.js';
import { fenceUnread, type Unread } from '../src/gpu/unread.js';
import { settle } from './fake_host.js';

let told: { prediction: Prediction; method: string; ms: number | undefined }[];
let fences: ((passed: boolean) => void)[];
let result: (unread: Unread) => void;
let observer: Observer;

beforeEach(() => {
  told = [];
  fences = [];
  observer = {
    ready: (prediction, method, _, ms) => told.push({ prediction, method, ms }),
    fault: (error) => {
      throw error;
    },
  } as Partial<Observer> as Observer;
  result = fenceUnread(() => new Promise((resolve) => fences.push(resolve)));
});

/** One prediction; half a second later by the clock, so that the next may be fenced. */
const predict = (of = observer): Unread => {
  const unread: Unread = { prediction: { start: performance.now() }, observer: of };
  result(unread);
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 501);
  return unread;
};
const pass = async (passed = true) => {
  fences.shift()?.(passed);
  await settle();
};

describe('results that nobody reads', () => {
  it('are fenced once eight in a row were not read, one at a time', async () => {
    for (let i = 0; i < 8; i++) predict();
    await pass(); // of the first call
    expect(fences).toHaveLength(0);
    const ninth = predict();
    predict();
    predict();
    expect(fences).toHaveLength(1);
    await pass();
    expect(told.at(-1)).toMatchObject({ prediction: ninth.prediction, method: 'fence' });
    expect(told.at(-1)?.ms).toBeGreaterThan(1_000);
    predict();
    expect(fences).toHaveLength(1);
  });

  it('are fenced twice a second at most', async () => {
    predict();
    await pass();
    for (let i = 0; i < 8; i++) predict();
    expect(fences).toHaveLength(1);
    await pass();
    const { length } = told;
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() - 400);
    result({ prediction: { start: 0 }, observer });
    expect(fences).toHaveLength(0);
    expect(told).toHaveLength(length);
  });

  it('tell of the first call as soon as it is known that it will not be read', async () => {
    const first = predict();
    await pass();
    expect(told).toEqual([]);
    for (let i = 0; i < 8; i++) predict();
    expect(told).toMatchObject([{ prediction: first.prediction, method: 'fence', ms: 501 }]);
  });

  it('are not fenced while the page reads some, the first call included', async () => {
    for (let i = 0; i < 40; i++) {
      const unread = predict();
      if (i % 7 === 0) unread.read = true;
      await pass();
    }
    expect(told).toEqual([]);
    expect(fences).toEqual([]);
  });

  it('are not told of when they are read after all, before the fence passed', async () => {
    for (let i = 0; i < 8; i++) predict();
    await pass();
    const ninth = predict();
    const before = told.length;
    ninth.read = true;
    await pass();
    expect(told).toHaveLength(before);
  });

  it('are told of by model: one that is read does not stand in the way of another', async () => {
    const other: Observer = { ...observer };
    for (let i = 0; i < 9; i++) {
      predict().read = true;
      predict(other);
      await pass();
      await pass();
    }
    expect(told).toHaveLength(2); // the first call, and the ninth
  });

  it('have no time when the fence did not pass, or the page is hidden', async () => {
    predict();
    await pass(false);
    for (let i = 0; i < 8; i++) predict();
    await pass(false);
    expect(told).toEqual([]);
    vi.stubGlobal('document', { hidden: true });
    predict();
    expect(fences).toHaveLength(1);
    await pass();
    vi.unstubAllGlobals();
    expect(told).toEqual([]);
  });

  it('are left alone where there is no fence', () => {
    result = fenceUnread(() => undefined);
    for (let i = 0; i < 20; i++) predict();
    expect(told).toEqual([]);
  });
});
