import { el } from '../dom';
import { formatNumber } from '../format';
import { numbers, texts } from '../rows';
import type { Answer, Panel, StatDraw } from '../types';
import type { Chart, DrawOptions } from './chart';
import { type Figure, whyNotCompared } from './compared';

/** One figure, and how it compares with the period before; or a line for each label. */
export function drawStat({ panel, answer, body }: DrawOptions, draw: StatDraw): Chart {
  const figures = read(answer, draw);
  const [first] = figures;
  if (figures.length > 1) body.append(list(panel, figures, draw));
  else if (first !== undefined) body.append(...big(panel, first, draw));
  return {};
}

function read(answer: Answer, draw: StatDraw): (Figure & { label: string })[] {
  const cells = (name: string | null) => (name === null ? [] : numbers(answer, name));
  const labels = draw.label === null ? [] : texts(answer, draw.label);
  const previous = cells(draw.previous);
  const weights = cells(draw.weight);
  const before = cells(draw.previous_weight);
  return cells(draw.value).map((value, row) => ({
    label: labels[row] ?? '',
    value,
    previous: previous[row] ?? null,
    weight: weights[row] ?? null,
    previousWeight: before[row] ?? null,
  }));
}

function big(panel: Panel, figure: Figure, draw: StatDraw): HTMLElement[] {
  return [
    el(
      'div',
      { class: `stat-value ${levelOf(panel, figure.value)}` },
      formatNumber(figure.value, panel.unit),
    ),
    el('div', { class: 'stat-change' }, ...change(figure, draw)),
  ];
}

function list(panel: Panel, figures: (Figure & { label: string })[], draw: StatDraw): HTMLElement {
  return el(
    'ul',
    { class: 'stat-list' },
    ...figures.map((figure) =>
      el(
        'li',
        {},
        el('span', { class: 'stat-label', title: figure.label }, figure.label),
        el(
          'span',
          { class: `stat-figure ${levelOf(panel, figure.value)}` },
          formatNumber(figure.value, panel.unit),
        ),
        el('span', { class: 'stat-change' }, delta(figure, draw)),
      ),
    ),
  );
}

function levelOf(panel: Panel, value: number | null): string {
  const crossed = panel.thresholds.filter((threshold) => value !== null && value >= threshold.value);
  return crossed.at(-1)?.level ?? '';
}

function change(figure: Figure, draw: StatDraw): (Node | string)[] {
  if (draw.previous === null) return [figure.value === 0 ? 'nothing to look at' : 'see the list below'];
  const quiet = whyNotCompared(figure);
  if (quiet !== null) return [quiet];
  const arrow = delta(figure, draw);
  if (arrow === null) return ['unchanged from the period before'];
  return [arrow, el('span', {}, ' vs the period before')];
}

function delta(figure: Figure, draw: StatDraw): HTMLElement | null {
  if (whyNotCompared(figure) !== null || figure.value === null || !figure.previous) return null;
  const ratio = figure.value / figure.previous - 1;
  if (Math.abs(ratio) < 0.005) return null;
  const worse = draw.better === 'neither' ? '' : ratio > 0 === (draw.better === 'lower') ? 'worse' : 'better';
  const percent = `${Math.abs(ratio * 100).toFixed(0)} %`;
  return el('span', { class: `delta ${worse}` }, `${ratio > 0 ? '▲' : '▼'} ${percent}`);
}
