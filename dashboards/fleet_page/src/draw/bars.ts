import { readToken } from '../colours';
import { el } from '../dom';
import { formatNumber, humanise } from '../format';
import { numbers, texts } from '../rows';
import type { BarsDraw } from '../types';
import type { Chart, DrawOptions } from './chart';
import { legend } from './legend';

const TOKENS = ['--c-step-1', '--c-step-2', '--c-step-3'];

/** A horizontal bar for each row, made of its values end to end. */
export function drawBars({ panel, answer, body }: DrawOptions, draw: BarsDraw): Chart {
  const labels = texts(answer, draw.label);
  const columns = draw.values.map((name) => numbers(answer, name));
  const weights = numbers(answer, draw.weight);
  const totals = labels.map((_label, row) => columns.reduce((sum, values) => sum + (values[row] ?? 0), 0));
  const longest = Math.max(...totals, 1e-9);
  const titles = draw.values.map((name) => humanise(name.replace(/_ms$/, '')));
  const colours = draw.values.map((_name, index) => readToken(TOKENS[index % TOKENS.length] ?? ''));
  const marks = new Map(
    titles.map((title, index) => [title, { colour: colours[index] ?? '', dash: undefined }]),
  );
  body.append(legend(titles, marks).node);
  const list = el('div', { class: 'bar-list', attrs: { role: 'list' } });
  labels.forEach((label, row) => {
    const parts = columns.map(
      (values, index) => `${titles[index]} ${formatNumber(values[row] ?? null, panel.unit)}`,
    );
    list.append(
      el(
        'div',
        { class: 'bar-row', title: `${label}: ${parts.join(', ')}`, attrs: { role: 'listitem' } },
        el(
          'div',
          { class: 'bar-title' },
          el('span', {}, label),
          el(
            'span',
            { class: 'muted' },
            `${formatNumber(weights[row] ?? null, 'count')} ${humanise(draw.weight)}`,
          ),
          el('span', { class: 'bar-total' }, formatNumber(totals[row] ?? null, panel.unit)),
        ),
        el(
          'div',
          { class: 'bar-track' },
          ...columns.map((values, index) =>
            el('span', {
              class: 'bar-part',
              style: { width: `${((values[row] ?? 0) / longest) * 100}%`, background: colours[index] ?? '' },
            }),
          ),
        ),
      ),
    );
  });
  body.append(list);
  return {};
}
