import { marksOf } from '../colours';
import { el } from '../dom';
import { formatCell } from '../format';
import { column, distinct, texts } from '../rows';
import type { Answer, Column, Panel, TableDraw, Unit } from '../types';
import type { Chart, DrawOptions } from './chart';

export function drawTable({ answer, body, panel }: DrawOptions, draw: TableDraw): Chart {
  body.append(table(answer, draw.shown, panel.title));
  return {};
}

/** Every column of an answer, whatever the panel draws: what the Data button shows. */
export function dataTable(panel: Panel, answer: Answer): HTMLElement {
  const named = new Map(
    'shown' in panel.draw && typeof panel.draw.shown !== 'string'
      ? panel.draw.shown.map((entry) => [entry.name, entry])
      : [],
  );
  const columns = Object.keys(answer.columns).map(
    (name): Column => named.get(name) ?? { name, title: name, unit: unitOf(name, answer, panel) },
  );
  return table(answer, columns, panel.title);
}

function table(answer: Answer, columns: Column[], caption: string): HTMLElement {
  const marks = 'backend' in answer.columns ? marksOf(distinct(texts(answer, 'backend'))) : null;
  const numeric = (unit: Unit) => unit !== 'text' && unit !== 'time';
  const rows = Array.from({ length: answer.rows }, (_unused, row) =>
    el(
      'tr',
      {},
      ...columns.map(({ name, unit }) => {
        const cell = column(answer, name)[row] ?? null;
        const text = formatCell(cell, unit);
        const swatch =
          name === 'backend' && marks !== null
            ? el('span', { class: 'swatch', style: { background: marks.get(String(cell))?.colour ?? '' } })
            : null;
        return el('td', { class: numeric(unit) ? 'number' : '' }, swatch, text);
      }),
    ),
  );
  return el(
    'div',
    { class: 'table-scroll', attrs: { tabindex: '0', role: 'region', 'aria-label': caption } },
    el(
      'table',
      {},
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...columns.map(({ title, unit }) =>
            el('th', { class: numeric(unit) ? 'number' : '', attrs: { scope: 'col' } }, title),
          ),
        ),
      ),
      el('tbody', {}, ...rows),
    ),
  );
}

function unitOf(name: string, answer: Answer, panel: Panel): Unit {
  if (name === 'time' || name.endsWith('_at')) return 'time';
  if (name.endsWith('_ms') || /^p\d\d$/.test(name)) return name.endsWith('_ms') ? 'ms' : panel.unit;
  const first = answer.columns[name]?.find((cell) => cell !== null);
  if (typeof first !== 'number') return 'text';
  return ['sessions', 'loads'].includes(name) ? 'count' : panel.unit;
}
