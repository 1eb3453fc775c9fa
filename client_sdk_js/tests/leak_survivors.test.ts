/** What is told of things that stay, by the way in which they come and go. */

import { describe, expect, it } from 'vitest';
import type { Made } from '../src/core/adapter.js';
import { type Survivors, survivors } from '../src/trace/survivors.js';

const SMALL: Made = { shape: '1,2', dtype: 'float32', bytes: 8 };
const LARGE: Made = { shape: '1,64,64,3', dtype: 'float32', bytes: 49_152 };

/** As a page sees it, which knows nothing of what is around its library. */
type Page = Omit<Survivors, 'born'> & { born(id: unknown, made: Made): void };

/** Runs `predict` before each of so many predictions, and gives what is found. */
function traced(predictions: number, predict: (n: number, page: Page, id: () => number) => void) {
  const found = survivors();
  let ids = 0;
  const born: Page['born'] = (id, made) => found.born(id, made, born);
  for (let n = 0; n < predictions; n++) {
    found.tick('face');
    predict(n, { ...found, born }, () => ++ids);
  }
  return found.judge();
}
const total = (sites: ReturnType<typeof traced>) =>
  sites.flatMap(({ left }) => left.map(({ shape, count }) => `${count} [${shape}]`));

describe('told', () => {
  it('one that each prediction leaves behind, since stacks are taken', () => {
    const [site, ...more] = traced(120, (_, { born, gone }, id) => {
      born(id(), LARGE);
      const passing = id();
      born(passing, SMALL);
      gone(passing);
    });
    expect(more).toEqual([]);
    expect(site).toMatchObject({ owner: 'face', left: [{ ...LARGE, count: 105 }] });
    // Two had outlived eight predictions when the sixteenth began.
    expect(site?.predictions).toBe(104);
    expect(site?.stack).toMatch(/leak_survivors/);
  });

  it('one in twenty predictions', () => {
    expect(total(traced(500, (n, { born }, id) => n % 20 || born(id(), LARGE)))).toEqual(['23 [1,64,64,3]']);
  });

  it('that by two call sites as two, the one with more bytes first', () => {
    const sites = traced(100, (_, { born }, id) => {
      born(id(), SMALL);
      born(id(), LARGE);
    });
    expect(sites.map(({ left }) => left[0]?.shape)).toEqual(['1,64,64,3', '1,2']);
    expect(new Set(sites.map(({ stack }) => stack)).size).toBe(2);
  });

  it('beneath a cache of the same shape that is full', () => {
    const sites = traced(300, (n, { born }, id) => {
      if (n < 30) born(id(), LARGE);
      born(id(), LARGE);
    });
    expect(total(sites)).toEqual(['285 [1,64,64,3]']);
  });

  it('by several ways, none of which grows by itself', () => {
    const early = (make: () => void) => make();
    const late = (make: () => void) => make();
    const sites = traced(120, (n, { born }, id) => (n < 64 ? early : late)(() => born(id(), LARGE)));
    expect(sites.map(({ stack }) => /early|late/.exec(stack)?.[0])).toEqual(['late', 'early']);
  });
});

describe('not told', () => {
  const nothing = (predict: Parameters<typeof traced>[1], predictions = 300) =>
    expect(total(traced(predictions, predict))).toEqual([]);

  it('what is let go of', () =>
    nothing((_, { born, gone }, id) => {
      const one = id();
      born(one, LARGE);
      gone(one);
    }));
  it('the last results, which a page keeps for a while', () =>
    nothing((_, { born, gone }, id) => {
      const one = id();
      born(one, LARGE);
      gone(one - 20);
    }));
  it('weights that are loaded on the way', () =>
    nothing((n, { born }, id) => {
      for (let i = 0; n === 40 && i < 100; i++) born(id(), LARGE);
      for (let i = 0; n === 140 && i < 100; i++) born(id(), LARGE);
    }));
  it('a cache that fills and then stops', () => nothing((n, { born }, id) => n < 60 && born(id(), LARGE)));
  it('what is let go of by the hundred', () =>
    nothing((n, { born, gone }, id) => {
      born(id(), LARGE);
      if (n % 100 === 99) for (let i = n - 98; i <= n + 1; i++) gone(i);
    }));
  it('what was thrown away as a whole', () =>
    nothing((n, { born, clear }, id) => {
      born(id(), LARGE);
      if (n === 290) clear();
    }));
  it('too short a time to tell', () => nothing((_, { born }, id) => born(id(), LARGE), 30));
});

it('a kind that only comes and goes has its stacks taken a few hundred times at most', () => {
  let stacks = 0;
  const below = survivors;
  const found = survivors();
  const { captureStackTrace } = Error;
  Error.captureStackTrace = ((...args: Parameters<typeof captureStackTrace>) => {
    stacks++;
    captureStackTrace(...args);
  }) as typeof captureStackTrace;
  try {
    found.born(1, SMALL, below);
    found.born(2, SMALL, below); // weights, say
    for (let n = 0; n < 200; n++) {
      found.tick('face');
      for (let i = 0; i < 20; i++) {
        found.born('passing', SMALL, below);
        found.gone('passing');
      }
    }
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
  expect(stacks).toBeGreaterThan(0);
  expect(stacks).toBeLessThan(500);
});

it('is full before it takes more than a page can spare', () => {
  const found = survivors();
  for (let i = 0; i < 60_000; i++) found.born(i, SMALL, found);
  expect(found.full()).toBe(true);
});
