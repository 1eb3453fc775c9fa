import { el } from '../dom';
import { formatNumber, formatSpan, formatTime, humanise } from '../format';
import { numbers, parseObject, texts } from '../rows';
import type { Chart, DrawOptions } from './chart';

/** Findings as cards: how bad, since when, what exactly, and the evidence on demand. */
export function drawFindings({ answer, body }: DrawOptions): Chart {
  const of = (name: string) => texts(answer, name);
  const [state, severity, kind, model, release, backend, summary, id, evidence] = [
    'state',
    'severity',
    'kind',
    'model',
    'release',
    'backend',
    'summary',
    'finding_id',
    'evidence',
  ].map(of);
  const opened = numbers(answer, 'opened_at');
  const updated = numbers(answer, 'updated_at');
  const resolved = numbers(answer, 'resolved_at');
  const list = el('ul', { class: 'findings' });
  for (let row = 0; row < answer.rows; row += 1) {
    const open = state?.[row] === 'open';
    const level = open ? (severity?.[row] ?? 'warning') : 'resolved';
    const until = (open ? updated[row] : resolved[row]) ?? updated[row] ?? 0;
    const lasted = formatSpan(until - (opened[row] ?? until));
    list.append(
      el(
        'li',
        { class: `finding ${level}` },
        el(
          'div',
          { class: 'finding-head' },
          el('span', { class: `badge ${level}` }, level),
          el('strong', {}, humanise(kind?.[row] ?? '')),
          el(
            'span',
            { class: 'chips' },
            ...[model, release, backend].map((part) => el('span', { class: 'chip' }, part?.[row] || '–')),
          ),
        ),
        el('p', { class: 'finding-summary' }, summary?.[row] ?? ''),
        el(
          'details',
          { attrs: { 'data-key': id?.[row] ?? '' } },
          el(
            'summary',
            { class: 'finding-since' },
            `${open ? `open for ${lasted}` : `lasted ${lasted}`}, since ${formatTime(opened[row] ?? 0)} · evidence`,
          ),
          facts(parseObject(evidence?.[row] ?? '')),
        ),
      ),
    );
  }
  body.append(list);
  return {};
}

/** Names and values of a JSON object; nested ones with their path. */
export function facts(record: Record<string, unknown>): HTMLElement {
  const list = el('dl', { class: 'facts' });
  const add = (name: string, value: unknown) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [inner, entry] of Object.entries(value)) add(`${name} › ${inner}`, entry);
      return;
    }
    const text =
      typeof value === 'number'
        ? formatNumber(value, 'count')
        : Array.isArray(value)
          ? value
              .map((entry) => (typeof entry === 'object' ? JSON.stringify(entry) : String(entry)))
              .join(', ')
          : String(value ?? '–');
    list.append(el('dt', {}, humanise(name)), el('dd', {}, text));
  };
  for (const [name, value] of Object.entries(record)) add(name, value);
  if (list.childElementCount === 0) list.append(el('dt', {}, 'no figures recorded'), el('dd', {}));
  return list;
}
