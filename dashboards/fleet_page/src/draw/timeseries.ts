import uPlot from 'uplot';
import { marksOf, readToken } from '../colours';
import { formatNumber, formatTime } from '../format';
import type { TimeSeriesDraw, Unit } from '../types';
import type { Chart, DrawOptions } from './chart';
import { legend } from './legend';
import { pivot } from './series_table';

const AXIS_FONT = '11px "Inter Variable", system-ui, sans-serif';

/** Lines, or stacked bars, over time; the legend follows the cursor. */
export function drawTimeSeries(options: DrawOptions, draw: TimeSeriesDraw): Chart {
  const { panel, answer, body, value } = options;
  const table = pivot(answer, draw, value);
  const marks = marksOf(table.names);
  const visible = new Set(table.names);
  const host = document.createElement('div');
  host.className = 'plot';
  let plot: uPlot | null = null;

  const key = legend(table.names, marks, (name, shown) => {
    if (shown) visible.add(name);
    else visible.delete(name);
    draw.stacked ? plot?.setData(stack()) : plot?.setSeries(table.names.indexOf(name) + 1, { show: shown });
  });
  body.append(key.node, host);

  const stack = (): uPlot.AlignedData => {
    const sums = table.times.map(() => 0);
    const layers = table.values.map((series, layer) =>
      series.map((entry, position) => {
        if (visible.has(table.names[layer] ?? '')) sums[position] = (sums[position] ?? 0) + (entry ?? 0);
        return sums[position] ?? 0;
      }),
    );
    // The tallest is painted first and lower ones over it.
    return [table.times, ...layers.reverse()];
  };

  // Without a cursor a line tells its newest value. A stack tells none: its last bar is seldom complete.
  const atRest = (series: (number | null)[]) =>
    draw.stacked ? undefined : (series.findLast((candidate) => candidate !== null) ?? null);
  const say = (position: number | null | undefined) => {
    const shown = new Map<string, string>();
    table.names.forEach((name, index) => {
      const series = table.values[index] ?? [];
      const entry = position === null || position === undefined ? atRest(series) : (series[position] ?? null);
      if (entry !== undefined) shown.set(name, formatNumber(entry, panel.unit));
    });
    key.show(shown);
  };
  say(null);

  const names = draw.stacked ? [...table.names].reverse() : table.names;
  const bars = uPlot.paths.bars?.({ size: [0.86, 36], align: 1, gap: 0, radius: 0.08 });
  const series: uPlot.Series[] = names.map((name) => {
    const mark = marks.get(name);
    const colour = mark?.colour ?? '';
    if (draw.stacked && bars) {
      return { label: name, stroke: colour, fill: colour, width: 0, paths: bars, points: { show: false } };
    }
    return {
      label: name,
      stroke: colour,
      width: 2,
      ...(mark?.dash ? { dash: mark.dash } : {}),
      points: { size: 5, fill: colour, width: 0, filter: lonely },
    };
  });

  const ink = readToken('--muted');
  const grid = { stroke: readToken('--line'), width: 1 };
  const axis = { stroke: ink, grid, font: AXIS_FONT, ticks: { show: false } };
  const log = draw.scale === 'log' && !draw.stacked;
  plot = new uPlot(
    {
      width: Math.max(host.clientWidth, 160),
      height: Math.max(host.clientHeight, 120),
      padding: [10, 8, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 7 },
        drag: { x: false, y: false },
        focus: { prox: 24 },
      },
      scales: {
        x: { time: true, min: answer.from_ms / 1000, max: answer.to_ms / 1000 },
        y: log
          ? { distr: 3, log: 10 }
          : { range: (_plot, min, max) => roundRange(min, max, panel.thresholds) },
      },
      axes: [
        { ...axis, space: 64, size: 28, gap: 6, values: timeLabels },
        {
          ...axis,
          ...(log ? { grid: { ...grid, filter: decades } } : {}),
          ...(INCREMENTS[panel.unit] ? { incrs: INCREMENTS[panel.unit] } : {}),
          size: (_plot, labels) =>
            Math.max(30, 12 + 6.4 * Math.max(0, ...(labels ?? []).map((label) => (label ?? '').length))),
          gap: 6,
          space: 28,
          values: (_plot, splits) =>
            splits.map((split) => (log && !isDecade(split) ? '' : formatNumber(split, panel.unit))),
        },
      ],
      series: [{}, ...series],
      hooks: {
        setCursor: [(self: uPlot) => say(self.cursor.idx)],
        drawAxes: [(self: uPlot) => drawThresholds(self, panel.thresholds)],
      },
    },
    draw.stacked ? stack() : [table.times, ...table.values],
    host,
  );
  describe(host, panel.title, table.names, answer.from_ms, answer.to_ms);

  return {
    resize: () => {
      if (host.clientWidth > 0) plot?.setSize({ width: host.clientWidth, height: host.clientHeight });
    },
    destroy: () => plot?.destroy(),
  };
}

const DAY_S = 86_400;
// Bytes in round KiB and MiB, and no half sessions.
const INCREMENTS: Partial<Record<Unit, number[]>> = {
  bytes: Array.from({ length: 50 }, (_unused, exponent) => 2 ** exponent),
  count: Array.from({ length: 12 }, (_unused, exponent) =>
    [1, 2, 5].map((step) => step * 10 ** exponent),
  ).flat(),
};

/** Points that no line reaches: without a neighbour on either side they would not be seen. */
function lonely(self: uPlot, series: number): number[] {
  const values = Array.from(self.data[series] ?? []);
  const absent = (value: unknown) => value === null || value === undefined;
  return values.flatMap((value, index) =>
    !absent(value) && absent(values[index - 1]) && absent(values[index + 1]) ? [index] : [],
  );
}

function decades(_self: uPlot, splits: number[]): (number | null)[] {
  return splits.map((split) => (isDecade(split) ? split : null));
}

function timeLabels(self: uPlot, splits: number[]): string[] {
  const span = (self.scales.x?.max ?? 0) - (self.scales.x?.min ?? 0);
  const format = new Intl.DateTimeFormat(
    'en-GB',
    span > 3 * DAY_S ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' },
  );
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
  return splits.map((split) => {
    const moment = new Date(split * 1000);
    const midnight = moment.getHours() === 0 && moment.getMinutes() === 0;
    return midnight ? day.format(moment) : format.format(moment);
  });
}

function roundRange(min: number, max: number, thresholds: { value: number }[]): uPlot.Range.MinMax {
  const top = Math.max(max, ...thresholds.map((threshold) => threshold.value * 1.2), 0);
  const bottom = Math.min(min, 0);
  return top === bottom ? [0, 1] : [bottom, top + (top - bottom) * 0.06];
}

function isDecade(value: number): boolean {
  const exponent = Math.log10(value);
  return Math.abs(exponent - Math.round(exponent)) < 1e-6;
}

function drawThresholds(self: uPlot, thresholds: { value: number; level: string }[]): void {
  for (const { value, level } of thresholds) {
    const y = Math.round(self.valToPos(value, 'y', true));
    if (y < self.bbox.top || y > self.bbox.top + self.bbox.height) continue;
    self.ctx.save();
    self.ctx.strokeStyle = readToken(level === 'critical' ? '--critical' : '--warning');
    self.ctx.lineWidth = devicePixelRatio;
    self.ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    self.ctx.beginPath();
    self.ctx.moveTo(self.bbox.left, y);
    self.ctx.lineTo(self.bbox.left + self.bbox.width, y);
    self.ctx.stroke();
    self.ctx.restore();
  }
}

/** A canvas says nothing to a screen reader: name it, and point to the table behind the Data button. */
function describe(host: HTMLElement, title: string, names: string[], from: number, to: number): void {
  host.setAttribute('role', 'img');
  host.setAttribute(
    'aria-label',
    `${title}, ${formatTime(from)} to ${formatTime(to)}: ${names.join(', ')}. The Data button shows the figures.`,
  );
}
