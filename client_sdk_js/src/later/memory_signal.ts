/** Memory against predictions as the wire has it. */

import type { Loose } from '../core/loose.js';
import type { MemoryPoints, Point } from '../core/memory.js';
import type { MemorySignal } from '../generated/report.js';

/** First entries absolute, the others differences; undefined without a point. */
export function memorySignal({
  _points: points,
  _last: last,
  _min: min,
  _max: max,
}: MemoryPoints): Loose<MemorySignal> | undefined {
  if (!last) return;
  const held = ({ predictions: _, ...rest }: Point) => `${Object.values(rest)}`;
  // The inner points of a run without change say nothing that its ends do not.
  const told = [...new Set([...points, last])].filter((point, i, all) =>
    [all[i - 1], all[i + 1]].some((beside) => !beside || held(beside) !== held(point)),
  );
  const signal: Record<string, unknown> = {};
  for (const name of Object.keys(last)) {
    const values = told.map((point) => point[name as keyof Point] as number);
    const least = Math.min(...values); // no number when a point lacks it
    if (least >= 0) signal[name] = values.map((value, i) => value - (values[i - 1] ?? 0));
    if (name === 'tensors') {
      if (min < least) signal.tensors_min = min;
      if (max > Math.max(...values)) signal.tensors_max = max;
    }
  }
  return signal as unknown as Loose<MemorySignal>;
}
