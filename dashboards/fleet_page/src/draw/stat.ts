import { el } from '../dom';
import { formatNumber } from '../format';
import { numbers } from '../rows';
import type { Panel, StatDraw } from '../types';
import type { Chart, DrawOptions } from './chart';

/** One figure, and how it compares with the period before. */
export function drawStat({ panel, answer, body }: DrawOptions, draw: StatDraw): Chart {
  const value = numbers(answer, draw.value)[0] ?? null;
  const previous = draw.previous === null ? null : (numbers(answer, draw.previous)[0] ?? null);
  const level = levelOf(panel, value);
  body.append(
    el('div', { class: `stat-value ${level}` }, formatNumber(value, panel.unit)),
    el('div', { class: 'stat-change' }, ...change(value, previous, draw)),
  );
  return {};
}

function levelOf(panel: Panel, value: number | null): string {
  const crossed = panel.thresholds.filter((threshold) => value !== null && value >= threshold.value);
  return crossed.at(-1)?.level ?? '';
}

function change(value: number | null, previous: number | null, draw: StatDraw): (Node | string)[] {
  if (draw.previous === null) return [value === 0 ? 'nothing to look at' : 'see the list below'];
  if (value === null) return ['no data in this range'];
  if (!previous) return ['no data before to compare'];
  const ratio = value / previous - 1;
  if (Math.abs(ratio) < 0.005) return ['unchanged from the period before'];
  const worse = draw.better === 'neither' ? '' : ratio > 0 === (draw.better === 'lower') ? 'worse' : 'better';
  if (ratio >= 9.995) return ['hardly any data before'];
  const percent = `${Math.abs(ratio * 100).toFixed(0)} %`;
  return [
    el('span', { class: `delta ${worse}` }, `${ratio > 0 ? '▲' : '▼'} ${percent}`),
    el('span', {}, ' vs the period before'),
  ];
}
