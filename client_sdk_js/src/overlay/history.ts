/** What was seen at earlier refreshes: series over time, and how often things happen now. */

import type { Durations, ModelSnapshot, Snapshot } from '../core/snapshot.js';

const MOST_POINTS = 239; // odd, so that the newest is among those that stay
const RECENT_MS = 10_000;

/** A number over time, evenly spaced. */
export interface Series {
  readonly values: number[];
  add(value: number): void;
}

/** Of too many points every other one goes, so that all of the time since the start stays in view. */
export function createSeries(): Series {
  let values: number[] = [];
  let stride = 1;
  let seen = 0;
  return {
    get values() {
      return values;
    },
    add(value) {
      // The newest one is always there: it gives way to the next unless it fell on the stride.
      if (seen && (seen - 1) % stride) values.pop();
      values.push(value);
      if (seen++ % stride || values.length < MOST_POINTS) return;
      values = values.filter((_, i) => i % 2 === 0);
      stride *= 2;
    },
  };
}

/** Tensors and bytes of one model's engine since the panel was opened. */
export interface ModelHistory {
  tensors: Series;
  bytes: Series;
  gpu_bytes: Series;
}

/** What happened in the last ten seconds. */
export interface Rates {
  /** Predictions a second of the selected model; undefined before there is a second to speak of. */
  predictions: number | undefined;
  /** The median of its results then, in ms. */
  median_ms: number | undefined;
  /** Stages named `frame` a second. */
  frames: number | undefined;
}

export interface History {
  /** Notes a refresh. */
  note(now: number, snapshot: Snapshot): void;
  of(model: ModelSnapshot): ModelHistory | undefined;
  rates(model: ModelSnapshot | undefined): Rates;
}

/** Models have no identity but what they are called and run. */
export const keyOf = ({ model, variant, engine }: ModelSnapshot): string => `${model} ${variant} ${engine}`;

export function createHistory(): History {
  const models = new Map<string, ModelHistory>();
  let recent: { at: number; snapshot: Snapshot }[] = [];

  function history(model: ModelSnapshot): ModelHistory {
    const key = keyOf(model);
    const known = models.get(key) ?? {
      tensors: createSeries(),
      bytes: createSeries(),
      gpu_bytes: createSeries(),
    };
    models.set(key, known);
    return known;
  }

  return {
    note(at, snapshot) {
      recent = [...recent.filter((each) => at - each.at <= RECENT_MS), { at, snapshot }];
      for (const model of snapshot.models) {
        const of = history(model);
        for (const name of ['tensors', 'bytes', 'gpu_bytes'] as const) {
          const value = model[name];
          if (value !== undefined) of[name].add(value);
        }
      }
    },
    of: (model) => models.get(keyOf(model)),
    rates(model) {
      const [from, to] = [recent[0], recent.at(-1)];
      const seconds = from && to ? (to.at - from.at) / 1_000 : 0;
      if (!from || !to || seconds < 1)
        return { predictions: undefined, median_ms: undefined, frames: undefined };
      const before = model && from.snapshot.models.find((each) => keyOf(each) === keyOf(model));
      const made = model && model.count - (before?.count ?? 0);
      return {
        // A count that went down is of another monitor or a model that was wrapped anew.
        predictions: made !== undefined && made >= 0 ? made / seconds : undefined,
        median_ms: model && medianSince(before && resultsOf(before), resultsOf(model)),
        frames: framesIn(to.snapshot) && (framesIn(to.snapshot) - framesIn(from.snapshot)) / seconds,
      };
    },
  };
}

/** Until the result was there, where that is known; else until the call returned. */
export const resultsOf = ({ ready_ms, dispatch_ms }: ModelSnapshot): Durations =>
  ready_ms.count ? ready_ms : dispatch_ms;

const framesIn = ({ stages }: Snapshot): number =>
  stages.reduce((sum, { stage, span_ms }) => sum + (stage === 'frame' ? span_ms.count : 0), 0);

function medianSince(before: Durations | undefined, now: Durations): number | undefined {
  const earlier = new Map(before?.buckets.map(({ from_ms, count }) => [from_ms, count]));
  const since = now.buckets.map((bucket) => ({
    ...bucket,
    count: bucket.count - (earlier.get(bucket.from_ms) ?? 0),
  }));
  let rank = since.reduce((sum, { count }) => sum + count, 0) / 2;
  if (rank <= 0) return undefined;
  for (const { from_ms, to_ms, count } of since) {
    rank -= count;
    if (rank <= 0) return Math.sqrt(from_ms * to_ms);
  }
  return undefined;
}
