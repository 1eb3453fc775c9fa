/**
 * Memory against predictions made, at most 16 points a window: what a leak's slope is read from.
 *
 * Points are taken before a prediction starts, when a page that disposes of its tensors holds only its weights.
 * The stride between points doubles whenever they become too many, so an hour costs what a second does.
 */

import type { MemorySignal } from '../generated/report.js';
import type { Loose } from './loose.js';

/** One look at the engine; `gpu` only where the backend tells. */
export interface Memory {
  tensors: number;
  bytes: number;
  gpu: number | undefined;
}

type Point = readonly [predictions: number, tensors: number, bytes: number, gpu: number | undefined];

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
    add(predictions, { tensors, bytes, gpu }) {
      last = [predictions, tensors, bytes, gpu];
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
      // The inner points of a run without change say nothing that its ends do not.
      const told = [...new Set([...points, last])].filter((point, i, all) =>
        [all[i - 1], all[i + 1]].some((beside) => !beside || `${beside.slice(1)}` !== `${point.slice(1)}`),
      );
      const differences = (k: number) => told.map((point, i) => (point[k] ?? 0) - (told[i - 1]?.[k] ?? 0));
      const tensors = told.map((point) => point[1]);
      return {
        predictions: differences(0),
        tensors: differences(1),
        bytes: differences(2),
        gpu_bytes: told.some((point) => point[3] === undefined) ? undefined : differences(3),
        tensors_min: min < Math.min(...tensors) ? min : undefined,
        tensors_max: max > Math.max(...tensors) ? max : undefined,
      };
    },
  };
}
