import { distinct, numbers, texts } from '../rows';
import type { Answer, TimeSeriesDraw } from '../types';

export type SeriesTable = { times: number[]; names: string[]; values: (number | null)[][] };

/**
 * Long rows (time, series, value) as one aligned column for each series, on a full grid of intervals: an interval
 * without data is a gap, not a line drawn across it.
 */
export function pivot(answer: Answer, draw: TimeSeriesDraw, value: string): SeriesTable {
  const rowTimes = numbers(answer, 'time');
  const rowNames = texts(answer, draw.series);
  const rowValues = numbers(answer, value);
  const step = answer.interval_s;
  const seen = rowTimes.filter((time) => time !== null).map((time) => time / 1000);
  const first = Math.min(Math.floor(answer.from_ms / 1000 / step) * step, ...seen);
  const last = Math.max(Math.floor(answer.to_ms / 1000 / step) * step, ...seen);
  // Weeks start on Mondays and the epoch did not: align the grid with the rows rather than with zero.
  const offset = seen.length > 0 ? ((((seen[0] ?? 0) - first) % step) + step) % step : 0;
  const times: number[] = [];
  for (let time = first + offset - (offset > 0 ? step : 0); time <= last; time += step) times.push(time);
  const index = new Map(times.map((time, position) => [time, position]));
  const names = distinct(rowNames).sort(byUse(rowNames, rowValues));
  const values = names.map(() => times.map((): number | null => null));
  rowTimes.forEach((time, row) => {
    const position = time === null ? undefined : index.get(time / 1000);
    const series = values[names.indexOf(rowNames[row] ?? '')];
    if (position !== undefined && series !== undefined) series[position] = rowValues[row] ?? null;
  });
  return { times, names, values };
}

/** Alphabetical for the few; the many by their total, so that the legend starts with what matters. */
function byUse(rowNames: string[], rowValues: (number | null)[]): (a: string, b: string) => number {
  const total = new Map<string, number>();
  rowNames.forEach((name, row) => {
    total.set(name, (total.get(name) ?? 0) + (rowValues[row] ?? 0));
  });
  return total.size <= 8 ? (a, b) => a.localeCompare(b) : (a, b) => (total.get(b) ?? 0) - (total.get(a) ?? 0);
}
