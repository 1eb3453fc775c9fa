import type { Face } from './blazeface.js';

const SVG = 'http://www.w3.org/2000/svg';
/** The overlay's user units a side. */
const SIDE = 1000;
const TAG = { width: 76, height: 36 };

function shape(name: string, attributes: Record<string, number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  return made;
}

/** Draws boxes, landmarks and scores over the photo. */
export function drawFaces(overlay: Element, faces: Face[]): void {
  overlay.replaceChildren(...faces.flatMap(drawFace));
}

function drawFace({ box, landmarks, score }: Face): SVGElement[] {
  const x = box.x * SIDE;
  const y = box.y * SIDE;
  const frame = shape('rect', { x, y, width: box.width * SIDE, height: box.height * SIDE, rx: 10 });
  const points = landmarks.map((point) => shape('circle', { cx: point.x * SIDE, cy: point.y * SIDE, r: 5 }));

  const tag = shape('g', {});
  tag.classList.add('tag');
  const top = Math.max(0, y - TAG.height - 8);
  const text = shape('text', { x: x + TAG.width / 2, y: top + 26 });
  text.setAttribute('text-anchor', 'middle');
  text.textContent = `${Math.round(score * 100)} %`;
  tag.append(shape('rect', { x, y: top, ...TAG, rx: 8 }), text);
  return [frame, ...points, tag];
}
