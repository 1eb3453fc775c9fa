/** Tensors and bytes since the panel was opened, with what each prediction leaves behind. */

import type { ModelSnapshot } from '../core/snapshot.js';
import { drawing, element, set, show, write } from './elements.js';
import type { Series } from './history.js';
import { bytes, count, digits } from './numbers.js';
import type { Section } from './view.js';

const WIDTH = 120;
const HEIGHT = 26;
const LEAST_RANGE = 0.02; // of the value: smaller changes than this are not made to look like mountains
const WARM_UP = 5; // predictions, as in the snapshot's slopes
const LEAST_GROWTH = 64; // tensors: fewer may be results in flight

const ROWS = [
  { name: 'tensors', label: 'Tensors', format: count },
  { name: 'bytes', label: 'Bytes', format: bytes },
  { name: 'gpu_bytes', label: 'GPU bytes', format: bytes },
] as const;

export function memorySection(): Section {
  const rows = ROWS.map((row) => {
    const value = element('strong');
    const slope = element('span', 'slope');
    const chart = drawing('trend', WIDTH, HEIGHT, 'area', 'line');
    return {
      ...row,
      value,
      slope,
      chart,
      node: element('div', 'row', element('span', 'soft', row.label), value, chart.node, slope),
    };
  });
  const node = element(
    'section',
    'memory',
    element('h2', '', 'Memory', element('span', 'beside soft', 'per prediction')),
    ...rows.map((row) => row.node),
  );
  return {
    node,
    update({ model, history }) {
      show(node, model?.tensors !== undefined);
      if (!model || !history) return;
      const leaking = isLeaking(model);
      node.classList.toggle('leaking', leaking);
      for (const { name, format, value, slope, chart, node: row } of rows) {
        const now = model[name];
        show(row, now !== undefined);
        if (now === undefined) continue;
        write(value, format(now));
        write(slope, slopeOf(model, name));
        const [area, line] = chart.paths;
        const trace = traceOf(history[name]);
        if (area) set(area, 'd', trace && `${trace}V${HEIGHT}H0Z`);
        if (line) set(line, 'd', trace);
      }
    },
  };
}

/** More than results in flight come to, as the hint on the console judges; that one looks longer, and is surer. */
function isLeaking({ tensors_per_prediction: slope = 0, count: made }: ModelSnapshot): boolean {
  return slope * (made - WARM_UP) >= LEAST_GROWTH;
}

function slopeOf(model: ModelSnapshot, name: (typeof ROWS)[number]['name']): string {
  const slope = model[`${name}_per_prediction`];
  if (slope === undefined) return '…';
  const least = name === 'tensors' ? 0.005 : 1;
  if (Math.abs(slope) < least) return 'none';
  return `${slope > 0 ? '+' : ''}${name === 'tensors' ? digits(slope) : bytes(slope)}`;
}

function traceOf({ values }: Series): string {
  if (values.length < 2) return '';
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const range = Math.max(most - least, most * LEAST_RANGE, 1);
  // In the middle while it is flat, at the floor when it grows from there.
  const floor = least - (range - (most - least)) / 2;
  const points = values.map((value, i) => {
    const x = (i / (values.length - 1)) * WIDTH;
    const y = HEIGHT - 2 - ((value - floor) / range) * (HEIGHT - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return `M${points.join('L')}`;
}
