import { marksOf } from '../colours';
import { el, svg } from '../dom';
import { formatCell, formatNumber } from '../format';
import { column, distinct, numbers, texts } from '../rows';
import type { Column, ScatterDraw, Unit } from '../types';
import type { Chart, DrawOptions } from './chart';
import { logScale } from './scale';
import { type Box, markOf, type Spot, type State, spread, stateOf, textBeside } from './scatter_marks';

const MARGIN = { left: 62, right: 16, top: 12, bottom: 40 };
const LONGEST_LABEL = 18;
const SMALLEST = 5;
const LARGEST = 10;
/** Of a mark whose quality nobody told. */
const USUAL = 7;
const MEANING: Record<State, string> = {
  chosen: 'recommended',
  passed: 'passes every gate',
  unproven: 'lacks sessions',
  refused: 'refused',
};

type Row = {
  label: string;
  series: string;
  colour: string;
  state: State;
  note: string;
  x: number | null;
  y: number | null;
  radius: number;
  /** What its other columns say, with their titles. */
  told: { title: string; text: string }[];
};

/** The groups of an answer, in its order: one is drawn at a time. */
export function groupsOf(options: Pick<DrawOptions, 'answer'>, draw: ScatterDraw): string[] {
  return distinct(texts(options.answer, draw.group));
}

/** Marks of one group on two logarithmic axes, and a list that says of each what it is and why. */
export function drawScatter({ panel, answer, body, value }: DrawOptions, draw: ScatterDraw): Chart {
  const groups = groupsOf({ answer }, draw);
  const shown = groups.includes(value) ? value : (groups[0] ?? '');
  const rows = rowsOf();
  const drawn = rows.filter((row): row is Row & { x: number; y: number } => !!row.x && !!row.y);
  const columnOf = (name: string) => draw.shown.find((each) => each.name === name);
  const host = el('div', { class: 'plot' });
  const tip = el('div', { class: 'scatter-tip', attrs: { hidden: '' } });
  const items = new Map(rows.map((row) => [row, item(row)]));
  const key = el('div', { class: 'legend' }, ...[...new Set(rows.map((row) => row.state))].map(legendItem));
  const list = el(
    'div',
    { class: 'scatter-list', attrs: { role: 'list', tabindex: '0', 'aria-label': panel.title } },
    ...items.values(),
  );
  const picture =
    drawn.length > 0
      ? el('div', { class: 'scatter-plot' }, key, host)
      : el('p', { class: 'empty' }, 'No variant has both a known size and a measured time here.');
  body.append(el('div', { class: 'scatter-body' }, picture, list));
  if (drawn.length === 0) return {};
  render();
  return { resize: render };

  function rowsOf(): Row[] {
    const group = texts(answer, draw.group);
    const [label, series, state, note] = [draw.label, draw.series, draw.state, draw.note].map((name) =>
      texts(answer, name),
    );
    const [x, y, size] = [draw.x, draw.y, draw.size].map((name) => numbers(answer, name));
    const colours = marksOf(distinct(texts(answer, draw.series)));
    const places = group.flatMap((name, index) => (name === shown ? [index] : []));
    const sizes = places.flatMap((index) => size?.[index] ?? []);
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    const own = new Set([draw.group, draw.label, draw.state, draw.note, draw.size_of]);
    const others = draw.shown.filter((each) => !own.has(each.name));
    return places.map((index) => {
      const quality = size?.[index] ?? null;
      const share = quality === null || most === least ? null : (quality - least) / (most - least);
      return {
        label: label?.[index] ?? '',
        series: series?.[index] ?? '',
        colour: colours.get(series?.[index] ?? '')?.colour ?? '',
        state: stateOf(state?.[index] ?? ''),
        note: note?.[index] ?? '',
        x: x?.[index] ?? null,
        y: y?.[index] ?? null,
        radius: share === null ? USUAL : SMALLEST + share * (LARGEST - SMALLEST),
        told: others.flatMap((each) => told(each, index)),
      };
    });
  }

  function told({ name, title, unit }: Column, index: number): { title: string; text: string }[] {
    const cell = column(answer, name)[index] ?? null;
    if (cell === null || cell === '') return [];
    const known = name === draw.size ? String(column(answer, draw.size_of)[index] ?? '') : '';
    return [{ title: known || title, text: formatCell(cell, unit) }];
  }

  function item(row: Row): HTMLElement {
    const mark = svg('svg', { width: 22, height: 22, viewBox: '-11 -11 22 22', 'aria-hidden': 'true' });
    mark.append(markOf(row.state, row.radius, row.colour));
    return el(
      'div',
      { class: `scatter-item ${row.state}`, attrs: { role: 'listitem' } },
      mark,
      el(
        'div',
        { class: 'scatter-words' },
        el(
          'div',
          { class: 'scatter-name' },
          el('span', {}, row.label),
          el('span', { class: `badge ${row.state}` }, MEANING[row.state]),
        ),
        el('div', { class: 'muted' }, figuresOf(row)),
        row.note === '' ? null : el('div', { class: 'scatter-note' }, row.note),
      ),
    );
  }

  function legendItem(state: State): HTMLElement {
    const mark = svg('svg', { width: 14, height: 14, viewBox: '-11 -11 22 22', 'aria-hidden': 'true' });
    mark.append(markOf(state, USUAL, 'currentcolor'));
    return el('span', { class: 'legend-item' }, mark, MEANING[state]);
  }

  function render(): void {
    const width = Math.max(host.clientWidth, 200);
    const height = Math.max(host.clientHeight, 160);
    const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const units = [columnOf(draw.x)?.unit ?? 'count', columnOf(draw.y)?.unit ?? panel.unit] as const;
    const x = scaleOf(
      drawn.map((row) => row.x),
      inner.width / 80,
      units[0],
    );
    const y = scaleOf(
      drawn.map((row) => row.y),
      inner.height / 34,
      units[1],
    );
    const left = (value: number) => MARGIN.left + x.place(value) * inner.width;
    const top = (value: number) => MARGIN.top + (1 - y.place(value)) * inner.height;
    const spots = spread(drawn.map((row) => ({ x: left(row.x), y: top(row.y) })));
    const placed = new Map(drawn.map((row, index) => [row, spots[index] as Spot]));
    const at = (row: (typeof drawn)[number]) => placed.get(row) as Spot;
    const titles = [columnOf(draw.x)?.title ?? draw.x, columnOf(draw.y)?.title ?? draw.y];
    const label = `${panel.title}, ${shown}: ${titles[0]} to the right, ${titles[1]} upwards. Arrow keys go from mark to mark; the list says the same.`;
    const root = svg('svg', { width, height, role: 'group', 'aria-label': label });
    for (const tick of y.ticks) {
      root.append(
        svg('line', {
          x1: MARGIN.left,
          x2: width - MARGIN.right,
          y1: top(tick),
          y2: top(tick),
          class: 'grid-line',
        }),
        words(formatNumber(tick, units[1]), MARGIN.left - 8, top(tick) + 4, 'tick end'),
      );
    }
    for (const tick of x.ticks) {
      root.append(
        svg('line', {
          x1: left(tick),
          x2: left(tick),
          y1: MARGIN.top,
          y2: height - MARGIN.bottom,
          class: 'grid-line',
        }),
        words(formatNumber(tick, units[0]), left(tick), height - MARGIN.bottom + 16, 'tick middle'),
      );
    }
    root.append(
      words(`${titles[0]} →`, width - MARGIN.right, height - 5, 'tick end'),
      words(`${titles[1]} ↑`, 2, height - 5, 'tick'),
    );
    const field: Box = { left: MARGIN.left, right: width, top: 0, bottom: height - MARGIN.bottom };
    const taken: Box[] = drawn.map((row) => around(at(row).x, at(row).y, row.radius + 1));
    // The last one drawn lies on top.
    const order = [...drawn].sort((a, b) => Number(a.state === 'chosen') - Number(b.state === 'chosen'));
    const nodes = new Map<Row, SVGElement>();
    for (const row of order) {
      const mark = svg('g', {
        class: 'scatter-mark',
        transform: `translate(${at(row).x} ${at(row).y})`,
        role: 'img',
        tabindex: -1,
        'aria-label': spoken(row),
      });
      mark.append(
        svg('circle', { r: row.radius + 5, class: 'scatter-reach' }),
        markOf(row.state, row.radius, row.colour),
      );
      mark.addEventListener('pointerenter', () => point(row, at(row).x, at(row).y, width));
      mark.addEventListener('pointerleave', leave);
      mark.addEventListener('focus', () => point(row, at(row).x, at(row).y, width));
      mark.addEventListener('blur', leave);
      mark.addEventListener('keydown', (event) => move(event as KeyboardEvent, row));
      nodes.set(row, mark);
      const name = row.label.length > LONGEST_LABEL ? `${row.label.slice(0, LONGEST_LABEL - 1)}…` : row.label;
      const text = textBeside(name, at(row).x, at(row).y, row.radius, taken, field);
      if (text !== null) root.append(text);
    }
    root.append(...nodes.values());
    // One stop of the Tab key for the picture, as for a list of radio buttons.
    const walk = [...drawn].sort((a, b) => a.x - b.x || a.y - b.y);
    const first = walk.find((row) => row.state === 'chosen') ?? walk[0];
    if (first !== undefined) nodes.get(first)?.setAttribute('tabindex', '0');
    leave();
    host.replaceChildren(root, tip);

    function move(event: KeyboardEvent, from: (typeof drawn)[number]): void {
      if (event.key === 'Escape') leave();
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const to = walk[(walk.indexOf(from) + step + walk.length) % walk.length];
      const node = to === undefined ? undefined : nodes.get(to);
      if (node === undefined) return;
      for (const other of nodes.values()) other.setAttribute('tabindex', '-1');
      node.setAttribute('tabindex', '0');
      node.focus();
    }
  }

  function spoken(row: Row): string {
    const figures = row.told.map(({ title, text }) => `${title} ${text}`);
    return [row.label, MEANING[row.state], ...figures, row.note].filter((part) => part !== '').join(', ');
  }

  function point(row: Row, left: number, top: number, width: number): void {
    for (const [other, node] of items) node.classList.toggle('lit', other === row);
    tip.replaceChildren(
      el('strong', {}, row.label),
      el('span', {}, MEANING[row.state]),
      el('span', {}, figuresOf(row)),
      ...(row.note === '' ? [] : [el('span', { class: 'scatter-note' }, row.note)]),
    );
    tip.removeAttribute('hidden');
    const room = left < width / 2;
    tip.style.setProperty('left', room ? `${left + 16}px` : 'auto');
    tip.style.setProperty('right', room ? 'auto' : `${width - left + 16}px`);
    tip.style.setProperty(
      'top',
      `${Math.max(0, Math.min(top - 20, host.clientHeight - tip.offsetHeight))}px`,
    );
  }

  function leave(): void {
    tip.setAttribute('hidden', '');
    for (const node of items.values()) node.classList.remove('lit');
  }
}

/** Its figures on one line, which breaks between them only. */
function figuresOf(row: Row): string {
  return row.told.map(({ title, text }) => `${title} ${text}`.replaceAll(' ', '\u00a0')).join(' · ');
}

function scaleOf(values: number[], room: number, unit: Unit) {
  return logScale(values, Math.max(2, Math.floor(room)), unit === 'bytes' ? 2 : 10);
}

function around(x: number, y: number, reach: number): Box {
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
}

function words(text: string, x: number, y: number, name: string): SVGElement {
  const node = svg('text', { x, y, class: name });
  node.textContent = text;
  return node;
}
