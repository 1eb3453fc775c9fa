import { marksOf } from '../colours';
import { el } from '../dom';
import { formatNumber } from '../format';
import { facts } from './findings';

// The parts of a decision record that are drawn (collector/jobs/recommend/record.py).
type Gate = { gate: string; passed: boolean; detail: string };
type Arm = {
  backend: string;
  variant: string;
  sessions: number;
  cost_ms: number | null;
  ratio_interval: { low: number | null; high: number | null } | null;
  passed: boolean;
  gates: Gate[];
};
type Share = { backend: string; variant: string; probability: number; why: string };
type DecisionRecord = { v: 1; arms: Arm[]; propensities: Share[]; follows: string | null; untried: string[] };

/** The arms of a decision record: each one's cost, its share of traffic, or the gate that refused it. */
export function armTable(record: Record<string, unknown>): HTMLElement {
  if (!isDecisionRecord(record)) return facts(record);
  const marks = marksOf([...new Set(record.arms.map((arm) => arm.backend))]);
  const longest = Math.max(...record.arms.map((arm) => arm.cost_ms ?? 0), 1e-9);
  const arms = [...record.arms].sort(
    (a, b) => Number(b.passed) - Number(a.passed) || (a.cost_ms ?? Infinity) - (b.cost_ms ?? Infinity),
  );
  const list = el('div', { class: 'arm-list', attrs: { role: 'list' } });
  for (const arm of arms) {
    const colour = marks.get(arm.backend)?.colour ?? '';
    const share = record.propensities.find(
      (entry) => entry.backend === arm.backend && entry.variant === arm.variant,
    );
    const width = `${((arm.cost_ms ?? 0) / longest) * 100}%`;
    list.append(
      el(
        'div',
        { class: arm.passed ? 'arm-row' : 'arm-row refused', attrs: { role: 'listitem' } },
        el(
          'span',
          { class: 'arm' },
          el('span', { class: 'swatch', style: { background: colour } }),
          arm.backend,
        ),
        el('span', { class: 'muted' }, arm.variant),
        el(
          'span',
          { class: 'bar-track' },
          el('span', { class: 'bar-part', style: { width, background: colour } }),
        ),
        el('span', { class: 'arm-figure' }, formatNumber(arm.cost_ms, 'ms')),
        el('span', { class: 'arm-figure' }, share ? formatNumber(share.probability, 'share') : '–'),
        el('span', { class: 'arm-note' }, share ? share.why : '', refusal(arm)),
        el('span', { class: 'muted' }, `${formatNumber(arm.sessions, 'count')} session-days`),
      ),
    );
  }
  const notes = [
    record.follows === null
      ? ''
      : `Follows the plan of ${record.follows}, the nearest class that could be decided.`,
    record.untried.length === 0
      ? ''
      : `Present on these devices but never run: ${record.untried.join(', ')}.`,
  ].filter((note) => note !== '');
  return el(
    'div',
    {},
    el(
      'div',
      { class: 'arm-row arm-heads', attrs: { 'aria-hidden': 'true' } },
      ...HEADS.map((head) => el('span', {}, head)),
    ),
    list,
    ...notes.map((note) => el('p', { class: 'muted' }, note)),
  );
}

const HEADS = [
  'Arm',
  'Variant',
  'Cost of a prediction, start-up spread out',
  'Cost',
  'Traffic',
  'Role',
  'Seen in',
];

function refusal(arm: Arm): string {
  const failed = arm.gates.filter((gate) => !gate.passed);
  return failed.map((gate) => `refused by ${gate.gate}: ${gate.detail}`).join('; ');
}

function isDecisionRecord(record: Record<string, unknown>): record is DecisionRecord {
  return record.v === 1 && Array.isArray(record.arms) && Array.isArray(record.propensities);
}
