/**
 * Memory against predictions made, at most 16 points a window: what a leak's slope is read from.
 *
 * Points are taken before a prediction starts, when a page that disposes of its tensors holds only its weights.
 * The stride between points doubles whenever they become too many, so an hour costs what a second does.
 */

/** One look at the engine; `gpu` only where the backend tells. */
export interface Memory {
  tensors: number;
  bytes: number;
  gpu: number | undefined;
}

export type Point = readonly [predictions: number, tensors: number, bytes: number, gpu: number | undefined];

const MOST_POINTS = 15; // and the last one, which is always kept

/** What a window saw of memory. `later/memory_signal.ts` puts it on the wire. */
export interface MemoryPoints {
  _points: Point[];
  _last?: Point;
  /** Of all looks, tensors. */
  _min: number;
  _max: number;
  /** Notes one look, taken when `predictions` had been made. */
  _add(predictions: number, memory: Memory): void;
}

export function memoryPoints(): MemoryPoints {
  let stride = 1;
  let seen = 0;
  const self: MemoryPoints = {
    _points: [],
    _min: 1e15, // more than any browser holds
    _max: 0,
    _add(predictions, { tensors, bytes, gpu }) {
      const last = [predictions, tensors, bytes, gpu] as const;
      self._last = last;
      self._min = Math.min(self._min, tensors);
      self._max = Math.max(self._max, tensors);
      if (seen++ % stride) return;
      self._points.push(last);
      if (self._points.length > MOST_POINTS) {
        self._points = self._points.filter((_, i) => i % 2 < 1);
        stride *= 2;
      }
    },
  };
  return self;
}
