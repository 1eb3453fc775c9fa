/**
 * Memory against predictions made, at most 16 points a window: what a leak's slope is read from.
 *
 * Points are taken before a prediction starts, when a page that disposes of its tensors holds only its weights.
 * The stride between points doubles whenever they become too many, so an hour costs what a second does.
 */

import type { MemorySignal } from '../generated/report.js';
import type { Loose } from './loose.js';

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

type Point = Memory & { predictions: number };

const MOST_POINTS = 15; // and the last one, which is always kept

export interface MemoryPoints {
  /** Notes one look, taken when `predictions` had been made. */
  add(predictions: number, memory: Memory): void;
  /** The wire form: first entries absolute, the others differences; undefined without a point. */
  encode(): Loose<MemorySignal> | undefined;
}

export function memoryPoints(): MemoryPoints {
  let points: Point[] = [];
  let last: Point | undefined;
  let stride = 1;
  let seen = 0;
  let min = 1e15; // more than any browser holds
  let max = 0;
  return {
    add(predictions, memory) {
      const { tensors } = memory;
      last = { predictions, ...memory };
      min = Math.min(min, tensors);
      max = Math.max(max, tensors);
      if (seen++ % stride) return;
      points.push(last);
      if (points.length > MOST_POINTS) {
        points = points.filter((_, i) => i % 2 < 1);
        stride *= 2;
      }
    },
    encode() {
      if (!last) return;
      const held = (point: Point) => `${Object.values(point).slice(1)}`;
      // The inner points of a run without change say nothing that its ends do not.
      const told = [...new Set([...points, last])].filter((point, i, all) =>
        [all[i - 1], all[i + 1]].some((beside) => !beside || held(beside) !== held(point)),
      );
      const signal: Record<string, unknown> = {};
      for (const name in last) {
        const values = told.map((point) => point[name as keyof Point] as number);
        const least = Math.min(...values); // no number when a point lacks it
        if (least >= 0) signal[name] = values.map((value, i) => value - (values[i - 1] ?? 0));
        if (name === 'tensors') {
          if (min < least) signal.tensors_min = min;
          if (max > Math.max(...values)) signal.tensors_max = max;
        }
      }
      return signal as unknown as Loose<MemorySignal>;
    },
  };
}
