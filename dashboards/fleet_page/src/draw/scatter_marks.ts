import { svg } from '../dom';

const STATES = ['chosen', 'passed', 'unproven', 'refused'] as const;
export type State = (typeof STATES)[number];
export type Box = { left: number; right: number; top: number; bottom: number };

/** Of an 11 px label: what a letter takes, and its height. */
const LETTER = 6.2;
const LINE = 13;
const GAP = 4;

/** A state that only a newer collector knows is drawn as one that is not settled. */
export function stateOf(text: string): State {
  return STATES.find((state) => state === text) ?? 'unproven';
}

/** A mark around 0, 0. Shapes tell states apart without colour: a target, a disc, a ring, a cross. */
export function markOf(state: State, radius: number, colour: string): SVGElement {
  const line = { fill: 'none', stroke: colour, 'stroke-width': 2 };
  if (state === 'refused') {
    const reach = radius * 0.8;
    const path = `M${-reach} ${-reach}L${reach} ${reach}M${-reach} ${reach}L${reach} ${-reach}`;
    return svg('path', { d: path, ...line, 'stroke-width': 2.5, 'stroke-linecap': 'round' });
  }
  if (state === 'unproven') return svg('circle', { r: radius - 1, ...line, 'stroke-dasharray': '3 2' });
  const disc = svg('circle', {
    r: state === 'chosen' ? radius - 3 : radius,
    fill: colour,
    'fill-opacity': 0.85,
  });
  if (state === 'passed') return disc;
  return svg('g', {}, svg('circle', { r: radius, ...line }), disc);
}

/** A label where it hides no mark and no other label: right of its mark, left, above or below; null without room. */
export function textBeside(
  text: string,
  x: number,
  y: number,
  radius: number,
  taken: Box[],
  field: Box,
): SVGElement | null {
  const spot = roomFor(text.length * LETTER, x, y, radius + GAP, taken, field);
  if (spot === null) return null;
  taken.push(spot.box);
  const node = svg('text', { x: spot.x, y: spot.y, class: `scatter-label ${spot.anchor}` });
  node.textContent = text;
  return node;
}

type Spot = { x: number; y: number; anchor: 'start' | 'end' | 'middle'; box: Box };

/** Where a text of some width has room beside a point, the first of four places. */
export function roomFor(
  width: number,
  x: number,
  y: number,
  away: number,
  taken: Box[],
  field: Box,
): Spot | null {
  const half = LINE / 2;
  const beside = { top: y - half, bottom: y + half };
  const over = { left: x - width / 2, right: x + width / 2 };
  const spots: Spot[] = [
    { x: x + away, y: y + 4, anchor: 'start', box: { ...beside, left: x + away, right: x + away + width } },
    { x: x - away, y: y + 4, anchor: 'end', box: { ...beside, left: x - away - width, right: x - away } },
    { x, y: y - away - 2, anchor: 'middle', box: { ...over, top: y - away - LINE, bottom: y - away } },
    { x, y: y + away + LINE - 3, anchor: 'middle', box: { ...over, top: y + away, bottom: y + away + LINE } },
  ];
  return (
    spots.find(
      ({ box }) =>
        box.left >= field.left &&
        box.right <= field.right &&
        box.top >= field.top &&
        box.bottom <= field.bottom &&
        !taken.some((other) => overlap(box, other)),
    ) ?? null
  );
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
