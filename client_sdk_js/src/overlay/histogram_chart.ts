/** A latency histogram on a log axis: results as bars, calls as a line above them. */

import type { DurationBucket, Durations } from '../core/snapshot.js';
import { drawing, element, set } from './elements.js';

const WIDTH = 320;
const HEIGHT = 72;
const LEAST_BAR = 3; // units: narrower buckets are put together, the more so the fewer durations there are
const FEW_BAR = 30;
const LOG_RATIO = Math.log(1.04); // of a bucket
const SHORTEST_MS = 0.01; // below what browsers' clocks tell apart
const MOST_TICKS = 6;

export interface HistogramChart {
  node: HTMLElement;
  /** `results` and `calls` share the axis; each is drawn up to its own greatest bar. */
  draw(results: Durations, calls: Durations): void;
}

export function histogramChart(): HistogramChart {
  const { node: svg, paths } = drawing('histogram', WIDTH, HEIGHT, 'bars', 'calls', 'marks');
  const axis = element('div', 'axis');
  const [bars, line, marks] = paths;
  let labelled = '';
  return {
    node: element('div', 'chart', svg, axis),
    draw(results, calls) {
      if (!bars || !line || !marks) return;
      const scale = scaleOf([...results.buckets, ...calls.buckets]);
      set(bars, 'd', steps(results, scale, false));
      set(line, 'd', steps(calls, scale, true));
      set(marks, 'd', quantileMarks(results.count ? results : calls, scale));
      if (labelled === `${scale.from} ${scale.to}`) return;
      labelled = `${scale.from} ${scale.to}`;
      const labels = tickLabels(scale);
      axis.replaceChildren(...labels.map((ms) => tick(ms, scale, ms === labels.at(-1) ? ' ms' : '')));
    },
  };
}

/** Always a new one: one that moved would be a layout shift. */
function tick(ms: number, { at }: Scale, unit: string): HTMLElement {
  const made = element('span', '', `${ms}${unit}`);
  const share = at(ms) / WIDTH;
  made.style.left = `${(share * 100).toFixed(2)}%`;
  // At the ends inside the drawing, elsewhere in the middle below its place.
  made.style.translate = `${share < 0.03 ? 0 : share > 0.93 ? -100 : -50}%`;
  return made;
}

export interface Scale {
  from: number;
  to: number;
  /** The place of a duration in ms, in the drawing's units. */
  at(ms: number): number;
}

/** From a round number below the shortest to one above the longest, so that the axis seldom moves. */
export function scaleOf(buckets: DurationBucket[]): Scale {
  const shortest = Math.min(...buckets.map(({ from_ms }) => from_ms), buckets.length ? 1e9 : 1);
  const longest = Math.max(...buckets.map(({ to_ms }) => to_ms), buckets.length ? 0 : 100);
  const from = round(Math.max(SHORTEST_MS, shortest), -1);
  const to = Math.max(round(longest, 1), from * 4);
  const units = WIDTH / Math.log(to / from);
  return { from, to, at: (ms) => Math.max(0, Math.min(WIDTH, Math.log(ms / from) * units)) };
}

/** The next of 1, 2, 5, 10 ... below or above. */
function round(ms: number, direction: -1 | 1): number {
  const power = 10 ** Math.floor(Math.log10(ms));
  const candidates = [1, 2, 5, 10].map((each) => each * power);
  return direction < 0
    ? (candidates.findLast((each) => each <= ms * 1.0001) ?? power)
    : (candidates.find((each) => each >= ms * 0.9999) ?? power * 10);
}

/** Round durations on the axis: as many kinds of them as there is room for. */
export function tickLabels({ from, to, at }: Scale): number[] {
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const labels: number[] = [];
    for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10)
      for (const step of steps) {
        const ms = Number((step * power).toPrecision(6));
        if (ms >= from * 0.999 && ms <= to * 1.001) labels.push(ms);
      }
    const apart = labels.every((ms, i) => !i || at(ms) - at(labels[i - 1] ?? 0) > WIDTH / 9);
    if (apart && labels.length <= MOST_TICKS) return labels;
  }
  return [from, to];
}

/** Bars of whole buckets put together; with `open`, only their outline. */
function steps({ buckets, count: all }: Durations, { from, at }: Scale, open: boolean): string {
  const least = LEAST_BAR + FEW_BAR / Math.sqrt(all || 1);
  const group = Math.max(1, Math.round(least / at(from * 1.04)));
  const bars = new Map<number, number>();
  for (const { from_ms, to_ms, count } of buckets) {
    const place = Math.log(Math.max(from, Math.sqrt(from_ms * to_ms))) / LOG_RATIO;
    const bar = Math.floor(place / group);
    bars.set(bar, (bars.get(bar) ?? 0) + count);
  }
  const most = Math.max(...bars.values(), 1);
  const edge = (bar: number) => at(Math.exp(bar * group * LOG_RATIO)).toFixed(1);
  const top = (count: number) => (HEIGHT - 1 - (count / most) * (HEIGHT - 12)).toFixed(1);
  return [...bars]
    .sort((a, b) => a[0] - b[0])
    .map(([bar, count]) => {
      const [left, right] = [edge(bar), edge(bar + 1)];
      if (!open) return `M${left},${HEIGHT}V${top(count)}H${right}V${HEIGHT}Z`;
      const begins = bars.has(bar - 1) ? `V${top(count)}` : `M${left},${HEIGHT}V${top(count)}`;
      return `${begins}H${right}${bars.has(bar + 1) ? '' : `V${HEIGHT}`}`;
    })
    .join('');
}

function quantileMarks({ p50, p95, p99 }: Durations, { at }: Scale): string {
  return [p50, p95, p99].map((ms) => (ms === undefined ? '' : `M${at(ms).toFixed(1)},0V${HEIGHT}`)).join('');
}
