/** Memory against predictions as the wire has it. */

import type { Loose } from '../core/loose.js';
import type { MemoryPoints } from '../core/memory.js';
import type { MemorySignal } from '../generated/report.js';

/** First entries absolute, the others differences; undefined without a point. */
export function memorySignal({
  _points: points,
  _last: last,
  _min: min,
  _max: max,
}: MemoryPoints): Loose<MemorySignal> | undefined {
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
}
