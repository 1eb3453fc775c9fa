/** How long predictions take: a histogram, and its quantiles beside the last ten seconds. */

import { element, show, write } from './elements.js';
import { histogramChart } from './histogram_chart.js';
import { count, counted, digits, milliseconds } from './numbers.js';
import type { Section } from './view.js';

const COLUMNS = ['p50', 'p95', 'p99'] as const;

export function latencySection(): Section {
  const made = element('span', 'beside soft');
  const chart = histogramChart();
  const rows = (['ready', 'dispatch'] as const).map((name) => {
    const cells = COLUMNS.map(() => element('td'));
    const title = name === 'ready' ? 'until the result was there' : 'until the call returned';
    const head = element('th', '', element('i', name), name);
    head.title = title;
    head.scope = 'row';
    return { name: `${name}_ms` as const, cells, row: element('tr', '', head, ...cells) };
  });
  const now = element('span', 'soft');
  const table = element(
    'table',
    '',
    element('tr', '', element('td'), ...COLUMNS.map((name) => element('th', '', name))),
    ...rows.map(({ row }) => row),
  );
  const node = element('section', 'latency', element('h2', '', 'Latency', made), chart.node, table, now);
  return {
    node,
    update({ model, rates }) {
      show(node, !!model);
      if (!model) return;
      const errors = model.errors ? `, ${counted(model.errors, 'error')}` : '';
      write(made, `${counted(model.count, 'prediction')}${errors}`);
      chart.draw(model.ready_ms, model.dispatch_ms);
      for (const { name, cells } of rows)
        cells.forEach((cell, i) => {
          write(cell, milliseconds(model[name][COLUMNS[i] ?? 'p50']));
        });
      const { predictions } = rates;
      const rate = predictions === undefined ? '…' : predictions ? `${digits(predictions)} a second` : 'none';
      const median = rates.median_ms === undefined ? '' : `, median ${milliseconds(rates.median_ms)}`;
      write(now, `Last 10 s: ${rate}${median}`);
      now.title = `${count(model.ready_ms.count)} of ${count(model.count)} results were seen to be there`;
    },
  };
}
