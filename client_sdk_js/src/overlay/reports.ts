/** What became of the reports. */

import { element, show, write } from './elements.js';
import { counted } from './numbers.js';
import type { Section } from './view.js';

export function reportsSection(): Section {
  const text = element('p');
  const silent = element('p', 'bad');
  write(
    silent,
    'Nothing is measured: no consent, Global Privacy Control, a session that is not sampled, options that make no sense ' +
      '(the console says which), or a monitor that was closed.',
  );
  const node = element('section', 'reports', text, silent);
  return {
    node,
    update({ model, snapshot: { enabled, reports, drops = {} } }) {
      show(node, !!model || !enabled);
      const reasons = Object.entries(drops).map(
        ([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`,
      );
      const dropped = reports.dropped
        ? ` · ${counted(reports.dropped, 'item')} dropped (${reasons.join(', ')})`
        : '';
      write(
        text,
        `${counted(reports.acknowledged, 'report')} delivered · ${reports.queued} waiting${dropped}`,
      );
      show(silent, !enabled);
    },
  };
}
