import { marksOf } from '../colours';
import { el, svg } from '../dom';
import { formatNumber } from '../format';
import { distinct, numbers, texts } from '../rows';
import type { HistogramDraw } from '../types';
import type { Chart, DrawOptions } from './chart';
import { legend } from './legend';
import { logAxis } from './ranges';

const MARGIN = { left: 44, right: 8, top: 10, bottom: 24 };

/** Each series' share of its values by size, as steps over a logarithmic axis. */
export function drawHistogram({ answer, body, panel }: DrawOptions, draw: HistogramDraw): Chart {
  const from = numbers(answer, draw.low);
  const to = numbers(answer, draw.high);
  const share = numbers(answer, draw.value);
  const series = texts(answer, draw.series);
  const names = distinct(series).sort((a, b) => a.localeCompare(b));
  const marks = marksOf(names);
  const axis = logAxis(
    Math.min(...from.map((v) => v ?? 1)),
    Math.max(...to.map((v) => v ?? 1)),
    body.clientWidth / 70,
  );
  const top = Math.max(...share.map((v) => v ?? 0)) * 1.08;
  const key = legend(names, marks);
  const host = el('div', { class: 'plot' });
  body.append(key.node, host);
  const render = () => {
    const width = Math.max(host.clientWidth, 160);
    const height = Math.max(host.clientHeight, 120);
    const x = (ms: number) => MARGIN.left + (axis.place(ms) / 100) * (width - MARGIN.left - MARGIN.right);
    const y = (value: number) =>
      height - MARGIN.bottom - (value / top) * (height - MARGIN.top - MARGIN.bottom);
    const label = `${panel.title}: ${names.join(', ')}. The Data button shows the figures.`;
    const root = svg('svg', { width, height, role: 'img', 'aria-label': label });
    for (const line of [0, 0.25, 0.5, 0.75, 1].map((part) => part * top)) {
      root.append(
        svg('line', {
          x1: MARGIN.left,
          x2: width - MARGIN.right,
          y1: y(line),
          y2: y(line),
          class: 'grid-line',
        }),
      );
      const text = svg('text', { x: MARGIN.left - 8, y: y(line) + 4, class: 'tick end' });
      text.textContent = `${(line * 100).toFixed(0)} %`;
      root.append(text);
    }
    for (const tick of axis.ticks) {
      const text = svg('text', { x: x(tick), y: height - 6, class: 'tick middle' });
      text.textContent = formatNumber(tick, 'ms');
      root.append(text);
    }
    for (const name of names) {
      const colour = marks.get(name)?.colour ?? '';
      const path = steps(name, x, y);
      root.append(
        svg('path', { d: path, fill: colour, 'fill-opacity': 0.13, stroke: colour, 'stroke-width': 1.75 }),
      );
    }
    host.replaceChildren(root);
  };
  render();
  return { resize: render };

  function steps(name: string, x: (ms: number) => number, y: (value: number) => number): string {
    let path = '';
    let end: number | null = null;
    series.forEach((other, row) => {
      const low = from[row];
      const high = to[row];
      if (other !== name || low === null || low === undefined || high === null || high === undefined) return;
      const joined = end !== null && Math.abs(low / end - 1) < 1e-6;
      if (!joined) path += `${end === null ? '' : `V${y(0)}`}M${x(low)} ${y(0)}`;
      path += `V${y(share[row] ?? 0)}H${x(high)}`;
      end = high;
    });
    return `${path}V${y(0)}`;
  }
}
