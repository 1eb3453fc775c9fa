import { describe, expect, it } from 'vitest';
import { decodeFaces, type Output } from '../src/blazeface.js';
import { overlap } from '../src/box.js';

const SURE = 8;
const NONE = -20;

function outputs(): Output[] {
  return [512, 384].flatMap((anchors) => [
    { shape: [1, anchors, 16], values: new Float32Array(anchors * 16) },
    { shape: [1, anchors, 1], values: new Float32Array(anchors).fill(NONE) },
  ]);
}

/** Puts a face of 64 x 64 pixels on an anchor of a grid. */
function put(all: Output[], anchors: number, anchor: number, logit = SURE): void {
  for (const { shape, values } of all) {
    if (shape[1] !== anchors) continue;
    const target = values as Float32Array;
    if (shape[2] === 1) target[anchor] = logit;
    else target.set([0, 0, 64, 64], anchor * 16);
  }
}

describe('decodeFaces', () => {
  it('finds nothing where no anchor is sure', () => {
    expect(decodeFaces(outputs())).toEqual([]);
  });

  it('places a box around the centre of its anchor, in shares of the photo', () => {
    const fine = outputs();
    put(fine, 512, 2 * (16 * 3 + 5)); // row 3, column 5 of the 16 x 16 grid
    expect(decodeFaces(fine)[0]?.box).toEqual({
      x: 5.5 / 16 - 0.125,
      y: 3.5 / 16 - 0.125,
      width: 0.25,
      height: 0.25,
    });
    const coarse = outputs();
    put(coarse, 384, 6 * (8 * 2 + 7) + 5); // row 2, column 7 of the 8 x 8 grid, its last anchor
    expect(decodeFaces(coarse)[0]?.box).toMatchObject({ x: 7.5 / 8 - 0.125, y: 2.5 / 8 - 0.125 });
  });

  it('keeps the surest of the boxes that overlap, and boxes that do not', () => {
    const all = outputs();
    put(all, 512, 0, 2);
    put(all, 512, 1, 4);
    put(all, 512, 511, 3);
    const faces = decodeFaces(all);
    expect(faces.map(({ score }) => score)).toEqual([4, 3].map((logit) => 1 / (1 + Math.exp(-logit))));
  });

  it('does not depend on the order of the outputs', () => {
    const all = outputs();
    put(all, 384, 10);
    expect(decodeFaces([...all].reverse())).toEqual(decodeFaces(all));
  });

  it('says so when the model is another one', () => {
    expect(() => decodeFaces([{ shape: [1, 10], values: [] }])).toThrow(
      /not the long-range BlazeFace.*\[1,10\]/,
    );
  });
});

describe('overlap', () => {
  it('is intersection over union', () => {
    const unit = { x: 0, y: 0, width: 1, height: 1 };
    expect(overlap(unit, unit)).toBe(1);
    expect(overlap(unit, { ...unit, x: 0.5 })).toBeCloseTo(1 / 3);
    expect(overlap(unit, { ...unit, y: 1 })).toBe(0);
  });
});
