/**
 * Memory against predictions made, at most 16 points a window: what a leak's slope is read from.
 *
 * Points are taken before a prediction starts, when a page that disposes of its tensors holds only its weights.
 * The stride between points doubles whenever they become too many, so an hour costs what a second does.
 */

import type { MemorySignal } from '../generated/report.js';

/** One look at the engine; `gpu` only where the backend tells. */
export interface Memory {
  tensors: number;
  bytes: number;
  gpu: number | undefined;
}

type Point = readonly [predictions: number, tensors: number, bytes: number, gpu: number | undefined];

const MOST_POINTS = 15; // and the last one, which is always kept

export class MemoryPoints {
  #points: Point[] = [];
  #last: Point | undefined;
  #stride = 1;
  #seen = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** Notes one look, taken when `predictions` had been made. */
  add(predictions: number, { tensors, bytes, gpu }: Memory): void {
    const point: Point = [predictions, tensors, bytes, gpu];
    this.#last = point;
    this.#min = Math.min(this.#min, tensors);
    this.#max = Math.max(this.#max, tensors);
    if (this.#seen++ % this.#stride) return;
    if (this.#points.length === MOST_POINTS) {
      this.#points = this.#points.filter((_, i) => i % 2 === 0);
      this.#stride *= 2;
      if ((this.#seen - 1) % this.#stride) return;
    }
    this.#points.push(point);
  }

  /** The wire form: first entries absolute, the others differences; undefined without a point. */
  encode(): MemorySignal | undefined {
    const last = this.#last;
    if (!last) return undefined;
    const all = this.#points.at(-1) === last ? this.#points : [...this.#points, last];
    // The inner points of a run without change say nothing that its ends do not.
    const points = all.filter((point, i) => {
      const [before, after] = [all[i - 1], all[i + 1]];
      return !before || !after || [1, 2, 3].some((k) => point[k] !== before[k] || point[k] !== after[k]);
    });
    const differences = (k: number) => points.map((point, i) => (point[k] ?? 0) - (points[i - 1]?.[k] ?? 0));
    const tensors = points.map((point) => point[1]);
    return {
      predictions: differences(0),
      tensors: differences(1),
      bytes: differences(2),
      ...(points.every((point) => point[3] !== undefined) && { gpu_bytes: differences(3) }),
      ...(this.#min < Math.min(...tensors) && { tensors_min: this.#min }),
      ...(this.#max > Math.max(...tensors) && { tensors_max: this.#max }),
    };
  }
}
