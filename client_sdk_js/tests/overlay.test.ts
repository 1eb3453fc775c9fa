/** What the live view computes; what it looks like and how it lives is in tests/browser/overlay.test.ts. */

import { describe, expect, it } from 'vitest';
import type { Durations, ModelSnapshot, Snapshot } from '../src/index.js';
import { scaleOf, tickLabels } from '../src/overlay/histogram_chart.js';
import { createHistory, createSeries } from '../src/overlay/history.js';
import { pageFrames } from '../src/overlay/leaks.js';
import { bytes, digits, milliseconds, range } from '../src/overlay/numbers.js';
import { showOverlay } from '../src/overlay.js';

const durations = (counts: Record<number, number>): Durations => ({
  count: Object.values(counts).reduce((sum, each) => sum + each, 0),
  buckets: Object.entries(counts).map(([from, count]) => ({
    from_ms: Number(from),
    to_ms: Number(from) * 1.04,
    count,
  })),
});

const model = (changes: Partial<ModelSnapshot>): ModelSnapshot => ({
  model: 'face',
  variant: 'original',
  engine: 'tfjs',
  backend: 'cpu',
  threads: 0,
  source: 'default',
  chosen: {},
  count: 0,
  errors: 0,
  dispatch_ms: durations({}),
  ready_ms: durations({}),
  tensors: 10,
  bytes: 40,
  gpu_bytes: undefined,
  tensors_per_prediction: 0,
  bytes_per_prediction: 0,
  gpu_bytes_per_prediction: undefined,
  ...changes,
});

const snapshot = (models: ModelSnapshot[], frames = 0): Snapshot => ({
  enabled: true,
  session: 's',
  models,
  stages: frames ? [{ stage: 'frame', model: undefined, span_ms: durations({ 20: frames }) }] : [],
  incidents: [],
  reports: { acknowledged: 0, queued: 0, dropped: 0 },
});

describe('numbers', () => {
  it('have two digits, or all the whole ones', () => {
    expect([0, 0.0421, 0.421, 4.21, 42.1, 421].map(digits)).toEqual([
      '0',
      '0.042',
      '0.42',
      '4.2',
      '42',
      '421',
    ]);
    expect([undefined, 0.5, 42, 1_234].map(milliseconds)).toEqual(['–', '0.50 ms', '42 ms', '1.2 s']);
    expect([12, 49_152, -2_048, 5_300_000, 3e9].map(bytes)).toEqual([
      '12 B',
      '48 KiB',
      '−2.0 KiB',
      '5.1 MiB',
      '2.8 GiB',
    ]);
    expect(range({ p50: 4.2, p95: 12 })).toBe('4.2 / 12 ms');
    expect(range({ p50: 420, p95: 1_200 })).toBe('420 ms / 1.2 s');
  });
});

describe('the log axis', () => {
  it('begins and ends at round durations around all that was measured', () => {
    expect(scaleOf(durations({ 12: 1, 150: 1 }).buckets)).toMatchObject({ from: 10, to: 200 });
    expect(scaleOf(durations({ 0.3: 1, 0.31: 4 }).buckets)).toMatchObject({ from: 0.2, to: 0.8 });
    expect(scaleOf([])).toMatchObject({ from: 1, to: 100 });
  });

  it('puts equal ratios equally far apart, and what is outside at its ends', () => {
    const { at, from, to } = scaleOf(durations({ 1: 1, 99: 1 }).buckets);
    expect(at(10) - at(1)).toBeCloseTo(at(100) - at(10));
    expect([at(from), at(to), at(from / 9), at(to * 9)]).toEqual([0, 320, 0, 320]);
  });

  it('has two to six labels that do not run into one another, whatever the range', () => {
    for (const shortest of [0.001, 0.04, 0.7, 3, 18, 250])
      for (const ratio of [1, 3, 8, 40, 900, 20_000, 1e6]) {
        const scale = scaleOf(durations({ [shortest]: 1, [shortest * ratio * 1.001]: 1 }).buckets);
        const places = tickLabels(scale).map(scale.at);
        expect(places.length).toBeGreaterThanOrEqual(2);
        expect(places.length).toBeLessThanOrEqual(6);
        for (const [i, place] of places.entries())
          if (i) expect(place - (places[i - 1] ?? 0)).toBeGreaterThan(25);
      }
  });
});

describe('a series', () => {
  it('shows all the time since its start in at most 240 points, with the newest at its end', () => {
    const series = createSeries();
    for (let i = 0; i < 5_000; i++) {
      series.add(i);
      expect(series.values.at(-1)).toBe(i);
      expect(series.values.length).toBeLessThanOrEqual(240);
    }
    expect(series.values[0]).toBe(0);
    const gaps = new Set(series.values.slice(1, -1).map((value, i) => value - (series.values[i] ?? 0)));
    expect(gaps.size).toBe(1);
  });
});

describe('the last ten seconds', () => {
  it('are predictions and frames a second, and their own median', () => {
    const history = createHistory();
    for (let s = 0; s <= 60; s++) {
      const slow = Math.max(0, s - 40) * 5;
      const now = model({ count: s * 20, ready_ms: durations({ 10: 800, ...(slow && { 80: slow }) }) });
      history.note(s * 1_000, snapshot([now], 1 + s * 30));
      if (s < 1) expect(history.rates(now)).toMatchObject({ predictions: undefined, frames: undefined });
    }
    const last = model({ count: 1_200, ready_ms: durations({ 10: 800, 80: 100 }) });
    const { predictions, frames, median_ms } = history.rates(last);
    expect(predictions).toBeCloseTo(20, 0);
    expect(frames).toBeCloseTo(30, 0);
    expect(median_ms).toBeCloseTo(81.6, 0);
  });

  it('say nothing of a model that was wrapped anew', () => {
    const history = createHistory();
    history.note(0, snapshot([model({ count: 900 })]));
    history.note(2_000, snapshot([model({ count: 3 })]));
    expect(history.rates(model({ count: 3 })).predictions).toBeUndefined();
  });
});

it('does nothing on a server', () => {
  const monitor = { snapshot: () => snapshot([]), on: () => () => undefined };
  expect(() => showOverlay(monitor)()).not.toThrow();
});

describe('a leak', () => {
  const at = (name: string, file = 'app.js') => ({
    name,
    url: `https://x.example/${file}`,
    line: 1,
    column: 2,
  });

  const names = (...frames: ReturnType<typeof at>[]) => pageFrames(frames).map(({ name }) => name);

  it('is shown by the calls that are the page’s own, the innermost first', () => {
    const dependency = 'node_modules/.vite/deps/@tensorflow_tfjs.js';
    expect(
      names(at('Engine.trackTensor', dependency), at('tidy', dependency), at('preprocess'), at('loop')),
    ).toEqual(['preprocess', 'loop']);
    expect(names(at('ve.trackTensor'), at('ve.scopedRun'), at('ve.tidy'), at('a'), at('b'))).toEqual([
      'a',
      'b',
    ]);
    expect(names(at('ve.trackTensor'), at('async tidy'))).toEqual(['async tidy']);
    expect(names(at('predictFrame'), at('loop'))).toEqual(['predictFrame', 'loop']);
    expect(names(at('Oo'), at('Object.fromPixels__op'), at('look'))).toEqual(['look']);
    expect(names()).toEqual([]);
  });
});
