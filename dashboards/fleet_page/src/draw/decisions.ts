import { marksOf } from '../colours';
import { el } from '../dom';
import { formatNumber, formatTime } from '../format';
import { numbers, parseObject, texts } from '../rows';
import { armTable } from './arms';
import type { Chart, DrawOptions } from './chart';

const STATE_MEANING: Record<string, string> = {
  committed: 'ahead beyond doubt; most traffic goes here',
  exploring: 'not settled yet; traffic is split to find out, unless exploration is off',
  insufficient:
    'too little evidence for a choice of its own; these devices get the plan of the nearest wider class, or else the default',
};

/** What each kind of device gets and why: the sentence first, the arms behind it on demand. */
export function drawDecisions({ answer, body }: DrawOptions): Chart {
  const column = (name: string) => texts(answer, name);
  const classes = column('device_class');
  const models = column('model');
  const states = column('state');
  const backends = column('backend');
  const variants = column('variant');
  const defaults = column('default_backend');
  const reasons = column('reason');
  const records = column('record');
  const ratios = numbers(answer, 'expected_ratio');
  const decided = numbers(answer, 'decided_at');
  const levels = numbers(answer, 'level');
  const marks = marksOf([...new Set([...backends, ...defaults])]);
  const arm = (backend: string, variant?: string) =>
    el(
      'span',
      { class: 'arm' },
      el('span', { class: 'swatch', style: { background: marks.get(backend)?.colour ?? '' } }),
      backend || '–',
      variant && variant !== 'original' ? el('span', { class: 'muted' }, ` ${variant}`) : null,
    );
  const order = classes
    .map((_key, row) => row)
    .sort(
      (a, b) =>
        (models[a] ?? '').localeCompare(models[b] ?? '') ||
        (levels[a] ?? 0) - (levels[b] ?? 0) ||
        (classes[a] ?? '').localeCompare(classes[b] ?? ''),
    );
  const list = el('div', { class: 'decisions', attrs: { role: 'list' } });
  for (const row of order) {
    const state = states[row] ?? '';
    const record = parseObject(records[row] ?? '');
    list.append(
      el(
        'details',
        { class: 'decision', attrs: { role: 'listitem', 'data-key': `${models[row]}/${classes[row]}` } },
        el(
          'summary',
          {},
          el(
            'span',
            { class: 'decision-class' },
            deviceChips(classes[row] ?? ''),
            el('span', { class: 'muted' }, models[row] ?? ''),
          ),
          el('span', { class: `badge ${state}`, title: STATE_MEANING[state] ?? '' }, state),
          el(
            'span',
            { class: 'decision-arm' },
            arm(backends[row] ?? '', variants[row]),
            gain(ratios[row] ?? null, state),
          ),
          el(
            'span',
            { class: 'decision-reason' },
            reasons[row] || `${backends[row]} against ${defaults[row]}: ${STATE_MEANING[state] ?? state}.`,
          ),
        ),
        el(
          'div',
          { class: 'decision-more' },
          armTable(record),
          el(
            'p',
            { class: 'muted' },
            'Default ',
            arm(defaults[row] ?? ''),
            ` · decided ${formatTime(decided[row] ?? 0)}`,
          ),
        ),
      ),
    );
  }
  body.append(list);
  return {};
}

/** `form=desktop,os=linux,...` as chips; the root class is every device. */
function deviceChips(key: string): HTMLElement {
  const parts =
    key === '*'
      ? ['every device']
      : key.split(',').map((part) => part.replace(/^(form|os|browser|gpu)=/, ''));
  return el(
    'span',
    { class: 'chips' },
    ...parts.map((part) => el('span', { class: 'chip' }, part.replace('memory_gb=', 'GB '))),
  );
}

function gain(ratio: number | null, state: string): HTMLElement | null {
  if (ratio === null || !Number.isFinite(ratio) || ratio <= 0 || state === 'insufficient') return null;
  if (Math.abs(ratio - 1) < 0.005) return el('span', { class: 'delta' }, 'same as default');
  const words =
    ratio < 1 ? `${((1 - ratio) * 100).toFixed(0)} % faster` : `${formatNumber(ratio, 'ratio')} of default`;
  return el('span', { class: ratio < 1 ? 'delta better' : 'delta worse' }, words);
}
