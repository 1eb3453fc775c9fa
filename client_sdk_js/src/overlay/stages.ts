/** The stages of a pipeline, and frames per second where there are stages of that name. */

import type { StageSnapshot } from '../core/snapshot.js';
import { element, show, write } from './elements.js';
import { digits, range } from './numbers.js';
import type { Section } from './view.js';

const MOST_STAGES = 8;

export function stagesSection(): Section {
  const frames = element('span', 'beside');
  const rows = [...Array(MOST_STAGES)].map(() => {
    const [name, bar, times] = [element('span', 'name'), element('span', 'bar'), element('span', 'times')];
    return { name, bar, times, node: element('div', 'row', name, element('span', 'track', bar), times) };
  });
  const more = element('p', 'soft');
  const node = element(
    'section',
    'stages',
    element('h2', '', 'Stages', frames),
    ...rows.map((row) => row.node),
    more,
  );
  return {
    node,
    update({ snapshot: { stages }, rates }) {
      show(node, !!stages.length);
      write(frames, rates.frames ? `${digits(rates.frames)} frames a second` : '');
      const longest = Math.max(...stages.map(medianOf));
      rows.forEach(({ name, bar, times, node: row }, i) => {
        const stage = stages[i];
        show(row, !!stage);
        if (!stage) return;
        write(name, stage.model ? `${stage.stage} · ${stage.model}` : stage.stage);
        write(times, range(stage.span_ms));
        times.title = 'p50 / p95';
        bar.style.width = `${((medianOf(stage) / longest) * 100).toFixed(1)}%`;
      });
      show(more, stages.length > MOST_STAGES);
      write(more, `and ${stages.length - MOST_STAGES} more`);
    },
  };
}

const medianOf = ({ span_ms }: StageSnapshot): number => span_ms.p50 ?? 0;
