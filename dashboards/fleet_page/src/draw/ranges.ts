import { marksOf } from '../colours';
import { el } from '../dom';
import { formatNumber } from '../format';
import { distinct, numbers, texts } from '../rows';
import type { RangesDraw } from '../types';
import type { Chart, DrawOptions } from './chart';

type Row = { series: string; low: number; mark: number; high: number; weight: number };

/** For each group a bar per series from p50 to p95 with a mark at p75, on one logarithmic axis. */
export function drawRanges({ panel, answer, body }: DrawOptions, draw: RangesDraw): Chart {
  const groups = texts(answer, draw.group);
  const series = texts(answer, draw.series);
  const [low, mark, high, weight] = [draw.low, draw.mark, draw.high, draw.weight].map((name) =>
    numbers(answer, name),
  );
  const rows = new Map<string, Row[]>();
  groups.forEach((group, index) => {
    const row = {
      series: series[index] ?? '',
      low: low?.[index] ?? 0,
      mark: mark?.[index] ?? 0,
      high: high?.[index] ?? 0,
      weight: weight?.[index] ?? 0,
    };
    rows.set(group, [...(rows.get(group) ?? []), row]);
  });
  const all = [...rows.values()].flat();
  const room = (body.clientWidth - 230) / 62;
  const axis = logAxis(Math.min(...all.map((row) => row.low)), Math.max(...all.map((row) => row.high)), room);
  const marks = marksOf(distinct(series));

  const list = el('div', { class: 'range-list', attrs: { role: 'list' } });
  for (const [group, members] of rows) {
    const best = Math.min(...members.map((row) => row.mark));
    const sessions = Math.max(...members.map((row) => row.weight));
    list.append(
      el(
        'div',
        { class: 'range-group', attrs: { role: 'listitem' } },
        el(
          'div',
          { class: 'range-title' },
          el('span', {}, group || '(none)'),
          el('span', { class: 'muted' }, `${formatNumber(sessions, 'count')} sessions`),
        ),
        ...members
          .sort((a, b) => a.mark - b.mark)
          .map((row) =>
            rangeRow(row, axis, marks.get(row.series)?.colour ?? '', row.mark === best && members.length > 1),
          ),
      ),
    );
  }
  list.append(axisRow(axis));
  body.append(list);
  return {};

  function rangeRow(row: Row, scale: Axis, colour: string, best: boolean): HTMLElement {
    const figures = [row.low, row.mark, row.high].map((value) => formatNumber(value, panel.unit));
    const left = scale.place(row.low);
    const right = scale.place(row.high);
    return el(
      'div',
      {
        class: best ? 'range best' : 'range',
        title: `${row.series}: p50 ${figures[0]}, p75 ${figures[1]}, p95 ${figures[2]}, ${row.weight} sessions`,
      },
      el(
        'span',
        { class: 'range-name' },
        el('span', { class: 'swatch', style: { background: colour } }),
        row.series,
      ),
      el(
        'span',
        { class: 'range-track' },
        ...scale.ticks.map((tick) =>
          el('span', { class: 'range-grid', style: { left: `${scale.place(tick)}%` } }),
        ),
        el('span', {
          class: 'range-bar',
          style: { left: `${left}%`, width: `${Math.max(right - left, 0.6)}%`, background: colour },
        }),
        el('span', { class: 'range-mark', style: { left: `${scale.place(row.mark)}%`, background: colour } }),
      ),
      el('span', { class: 'range-value' }, figures[1] ?? ''),
    );
  }

  function axisRow(scale: Axis): HTMLElement {
    return el(
      'div',
      { class: 'range axis', attrs: { 'aria-hidden': 'true' } },
      el('span', {}),
      el(
        'span',
        { class: 'range-track' },
        ...scale.ticks.map((tick) =>
          el(
            'span',
            { class: 'range-tick', style: { left: `${scale.place(tick)}%` } },
            formatNumber(tick, panel.unit),
          ),
        ),
      ),
      el('span', { class: 'range-value' }, 'p75'),
    );
  }
}

type Axis = { place: (value: number) => number; ticks: number[] };

/** Percent along a logarithmic axis, and as many of the ticks 1, 3, 10, 30... as there is room for labels. */
export function logAxis(min: number, max: number, room: number): Axis {
  const low = Math.log10(Math.max(min, 1e-3)) - 0.06;
  const high = Math.max(Math.log10(Math.max(max, 1e-3)) + 0.06, low + 0.3);
  const decades: number[] = [];
  for (let exponent = Math.floor(low); exponent <= Math.ceil(high); exponent += 1) {
    decades.push(10 ** exponent, 3 * 10 ** exponent);
  }
  const inside = decades.filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high);
  const whole = inside.filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9);
  const ticks = inside.length > room && whole.length > 0 ? whole : inside;
  return { place: (value) => ((Math.log10(Math.max(value, 1e-3)) - low) / (high - low)) * 100, ticks };
}
