/**
 * Memory against predictions made, at most 16 points a window: what a leak's slope is read from.
 *
 * Points are taken before a prediction starts, when a page that disposes of its tensors holds only its weights.
 * The stride between points doubles whenever they become too many, so an hour costs what a second does.
 */

/** One look at the engine, by the wire's names. What the backend does not tell is left out or undefined. */
export interface Memory {
  tensors: number;
  bytes: number;
  /** What tensors use on the GPU. */
  gpu_bytes?: number | undefined;
  /** What the engine holds on the GPU: what is in use, and what waits for reuse. */
  gpu_allocated_bytes?: number | undefined;
  /** Size of the wasm heap, which never shrinks. */
  heap_bytes?: number | undefined;
}

/** One look, taken when `predictions` had been made. */
export type Point = Memory & { predictions: number };

const MOST_POINTS = 15; // and the last one, which is always kept

/** What a window saw of memory. `later/memory_signal.ts` puts it on the wire. */
export interface MemoryPoints {
  _points: Point[];
  _last?: Point;
  /** Of all looks, tensors. */
  _min: number;
  _max: number;
  /** Notes one look. */
  _add(look: Point): void;
}

export function memoryPoints(): MemoryPoints {
  let stride = 1;
  let seen = 0;
  const self: MemoryPoints = {
    _points: [],
    _min: 1e15, // more than any browser holds
    _max: 0,
    _add(look) {
      const { tensors } = look;
      self._last = look;
      self._min = Math.min(self._min, tensors);
      self._max = Math.max(self._max, tensors);
      if (seen++ % stride) return;
      self._points.push(look);
      if (self._points.length > MOST_POINTS) {
        self._points = self._points.filter((_, i) => i % 2 < 1);
        stride *= 2;
      }
    },
  };
  return self;
}
