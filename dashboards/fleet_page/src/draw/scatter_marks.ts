import { svg } from '../dom';

const STATES = ['chosen', 'passed', 'unproven', 'refused'] as const;
export type State = (typeof STATES)[number];
export type Spot = { x: number; y: number };
export type Box = { left: number; right: number; top: number; bottom: number };

/** Of an 11 px label: what a letter takes, and its height. */
const LETTER = 6.2;
const LINE = 13;
const GAP = 4;
/** Marks nearer than so much hide one another; around the place that they share each takes so much of the ring. */
const HIDDEN = 8;
const APART = 16;

/**
 * Where marks are drawn: those that would hide one another, as float16 and uint16 of one model do, stand in a ring around
 * the place that they share.
 */
export function spread(spots: readonly Spot[]): Spot[] {
  const nest = new Map<string, number[]>();
  for (const [index, { x, y }] of spots.entries()) {
    const near = [...nest.keys()].find((key) => {
      const first = spots[nest.get(key)?.[0] ?? 0] as Spot;
      return Math.hypot(first.x - x, first.y - y) < HIDDEN;
    });
    const key = near ?? String(index);
    nest.set(key, [...(nest.get(key) ?? []), index]);
  }
  const placed = [...spots];
  for (const group of nest.values()) {
    if (group.length === 1) continue;
    const radius = Math.max(HIDDEN, (group.length * APART) / (2 * Math.PI));
    for (const [step, index] of group.entries()) {
      const angle = (2 * Math.PI * step) / group.length;
      const { x, y } = spots[index] as Spot;
      placed[index] = { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) };
    }
  }
  return placed;
}

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

type Place = Spot & { anchor: 'start' | 'end' | 'middle'; box: Box };

/** Where a text of some width has room beside a point, the first of four places. */
export function roomFor(
  width: number,
  x: number,
  y: number,
  away: number,
  taken: Box[],
  field: Box,
): Place | null {
  const half = LINE / 2;
  const beside = { top: y - half, bottom: y + half };
  const over = { left: x - width / 2, right: x + width / 2 };
  const spots: Place[] = [
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
