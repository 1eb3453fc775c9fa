/** What went wrong, the latest first. */

import type { IncidentSnapshot } from '../core/snapshot.js';
import { element, show, write } from './elements.js';
import type { Section } from './view.js';

const MOST_SHOWN = 6;

export function incidentsSection(): Section {
  const list = element('ul', 'incidents');
  list.setAttribute('role', 'log');
  list.setAttribute('aria-label', 'Incidents');
  const total = element('span', 'beside soft');
  let shown = '';
  list.hidden = true;
  const node = element('section', '', element('h2', '', 'Incidents', total), list);
  return {
    node,
    update({ model, snapshot: { incidents } }) {
      show(node, !!model || !!incidents.length);
      const latest = incidents.slice(-MOST_SHOWN).reverse();
      const now = latest.map(({ at, count }) => `${at} ${count}`).join();
      const all = incidents.reduce((sum, { count }) => sum + count, 0);
      write(total, all ? String(all) : 'none');
      if (now === shown) return;
      shown = now;
      show(list, !!latest.length);
      list.replaceChildren(...latest.map(line));
    },
  };
}

function line({ kind, error, model, backend, at, count }: IncidentSnapshot): HTMLElement {
  const what = element('strong', kind === 'fallback' ? '' : 'bad', kind.replaceAll('_', ' '));
  const where = [model, backend !== 'other' && backend, error && error !== 'other' && error].filter(Boolean);
  return element(
    'li',
    '',
    element('time', 'soft', new Date(at).toTimeString().slice(0, 8)),
    element('span', 'what', what, ' ', element('span', 'soft', where.join(' · '))),
    element('span', 'soft', count > 1 ? `× ${count}` : ''),
  );
}
