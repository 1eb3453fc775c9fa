/** The rule behind the leak hint, on the habits of pages: how often it is wrong, and how soon it is right. */

import { describe, expect, it } from 'vitest';
import { growthWatch } from '../src/later/growth.js';

/** mulberry32: the same numbers on every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Tensors of the engine before prediction `i`. */
type Habit = (i: number) => number;

/** The first prediction at which the rule speaks, and what it says. */
function judged(habit: Habit, { predictions = 4_000, perSecond = 30 } = {}) {
  const watch = growthWatch();
  for (let i = 0; i < predictions; i++) {
    const tensors = habit(i);
    const growth = watch._add((i * 1_000) / perSecond, tensors, tensors * 1_024);
    if (growth) return { at: i + 1, ...growth };
  }
  return undefined;
}

const WEIGHTS = 229;
/** How pages hold tensors without leaking: `r` makes one page of the kind. */
const CLEAN: Record<string, (r: () => number) => Habit> = {
  'disposes at once': () => () => WEIGHTS,
  'keeps results in flight, some more and some fewer': (r) => {
    const [outputs, most] = [1 + Math.floor(r() * 6), 1 + Math.floor(r() * 8)];
    let held = 0;
    return () => {
      held = Math.max(0, Math.min(most, held + Math.floor(r() * 3) - 1));
      return WEIGHTS + outputs * held;
    };
  },
  'falls behind slowly, up to a full queue': (r) => {
    const [outputs, most, pace] = [1 + Math.floor(r() * 6), 2 + Math.floor(r() * 8), 10 + r() * 300];
    return (i) => WEIGHTS + outputs * Math.min(most, Math.floor(i / pace + r()));
  },
  'keeps the last results': (r) => {
    const [outputs, most] = [1 + Math.floor(r() * 4), 1 + Math.floor(r() * 48)];
    return (i) => WEIGHTS + outputs * Math.min(i, most);
  },
  'keeps the last ten seconds of frames': (r) => {
    const most = 1 + Math.floor(r() * 300);
    return (i) => WEIGHTS + Math.min(i, most);
  },
  'disposes in batches': (r) => {
    const [outputs, batch] = [1 + Math.floor(r() * 4), 2 + Math.floor(r() * 46)];
    return (i) => WEIGHTS + outputs * (i % batch);
  },
  'loads something else on the way': (r) => {
    const [when, tensors] = [r() * 1_000, r() * 500];
    return (i) => WEIGHTS + (i > when ? tensors : 0);
  },
  'fills a cache, ever more slowly': (r) => {
    const size = 20 + r() * 60;
    return (i) => WEIGHTS + Math.round(size * (1 - Math.exp(-i / 60)));
  },
};

describe('pages that do not leak', () => {
  it.each(Object.entries(CLEAN))('at most 1 in 100, most often none: one that %s', (kind, make) => {
    let told = 0;
    for (let seed = 1; seed <= 500; seed++) {
      const habit = make(chance(seed));
      if (judged(habit, { perSecond: 30 })) told++;
    }
    // A queue that fills over the very 17 seconds that are looked at is growth in every respect.
    expect(told).toBeLessThanOrEqual(kind.startsWith('falls behind') ? 5 : 0);
  });

  it('is wrong of a page that lets go of more than 48 results only, so slowly that 10 seconds do not help', () => {
    expect(judged((i) => i % 200, { perSecond: 1 })).toMatchObject({ at: 64 });
    expect(judged((i) => Math.min(i, 200), { perSecond: 1 })).toMatchObject({ at: 64 });
  });
});

describe('pages that leak', () => {
  it.each([1, 2, 4])('are told after 10 seconds, with the slope: %i a prediction', (slope) => {
    const growth = judged((i) => WEIGHTS + slope * i);
    expect(growth).toMatchObject({ at: 512, tensors: slope, bytes: slope * 1_024, predictions: 512 });
    expect(growth?.total).toBe(512 * slope);
  });

  it('are told after 64 predictions when those take longer', () => {
    expect(judged((i) => WEIGHTS + 2 * i, { perSecond: 2 })).toMatchObject({ at: 64, tensors: 2 });
  });

  it('are told by nine in ten and more, with a slope within a fifth, whatever else they hold', () => {
    const noisy = Object.values(CLEAN).filter((_, kind) => kind < 6);
    let told = 0;
    let right = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const r = chance(seed);
      const share = 0.2 + 0.8 * r(); // of the predictions leave a tensor behind
      const habit = (noisy[seed % noisy.length] ?? (() => () => 0))(r);
      let leaked = 0;
      const growth = judged((i) => {
        if (r() < share) leaked++;
        return habit(i) + leaked;
      });
      if (growth) told++;
      if (growth && Math.abs(growth.tensors / share - 1) < 0.2) right++;
    }
    expect(told).toBeGreaterThanOrEqual(270);
    expect(right).toBeGreaterThanOrEqual(270);
  });

  it('are told when one prediction in fifty leaks, later', () => {
    const growth = judged((i) => WEIGHTS + Math.floor(i / 50), { predictions: 10_000 });
    expect(growth?.at).toBe(4_096);
    expect(growth?.tensors).toBeCloseTo(0.02, 3);
  });
});
