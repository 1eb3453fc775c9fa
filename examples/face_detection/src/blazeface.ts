import { type Box, overlap } from './box.js';

/**
 * Reads the outputs of BlazeFace's long-range model (Bazarevsky et al. 2019, https://arxiv.org/abs/1907.05047).
 *
 * The model looks at 256 x 256 pixels through two grids of anchors, and gives for each anchor a logit that a face
 * is there, and 16 numbers in pixels relative to the anchor's centre: the box's centre and size, then six
 * landmarks (two eyes, nose, mouth, two ears).
 */
export const INPUT_SIZE = 256;

/** Cells a side, and anchors at the centre of each cell: 16 x 16 x 2 and 8 x 8 x 6. */
const GRIDS = [
  { cells: 16, anchors: 2 },
  { cells: 8, anchors: 6 },
] as const;
const VALUES_PER_ANCHOR = 16;
const LANDMARKS = 6;

export interface Face {
  box: Box;
  /** Six points in shares of the photo: right eye, left eye, nose, mouth, right ear, left ear. */
  landmarks: { x: number; y: number }[];
  /** Probability in (0, 1). */
  score: number;
}

/** One output of the model: what `tensor.shape` and `await tensor.data()` give. */
export interface Output {
  shape: number[];
  values: ArrayLike<number>;
}

/**
 * The faces in the model's four outputs, best first, in shares of the photo; overlapping detections of one face are
 * reduced to the best.
 *
 * The outputs are told apart by shape ([1, anchors, 1] scores, [1, anchors, 16] places), not by position, which
 * differs between conversions of the model.
 */
export function decodeFaces(outputs: Output[], minScore = 0.5, maxOverlap = 0.3): Face[] {
  const candidates = GRIDS.flatMap((grid) => {
    const anchors = grid.cells * grid.cells * grid.anchors;
    const scores = find(outputs, anchors, 1);
    const places = find(outputs, anchors, VALUES_PER_ANCHOR);
    const faces: Face[] = [];
    for (let anchor = 0; anchor < anchors; anchor++) {
      const score = 1 / (1 + Math.exp(-(scores[anchor] ?? Number.NEGATIVE_INFINITY)));
      if (score >= minScore) faces.push(place(places, anchor, grid, score));
    }
    return faces;
  });
  candidates.sort((a, b) => b.score - a.score);
  const kept: Face[] = [];
  for (const face of candidates) {
    if (kept.every((better) => overlap(better.box, face.box) <= maxOverlap)) kept.push(face);
  }
  return kept;
}

function find(outputs: Output[], anchors: number, values: number): ArrayLike<number> {
  const found = outputs.find(({ shape }) => shape.at(-2) === anchors && shape.at(-1) === values);
  if (!found) {
    const shapes = outputs.map(({ shape }) => `[${shape}]`).join(', ');
    throw new Error(
      `this is not the long-range BlazeFace: no output [1,${anchors},${values}] among ${shapes}`,
    );
  }
  return found.values;
}

function place(values: ArrayLike<number>, anchor: number, grid: (typeof GRIDS)[number], score: number): Face {
  const cell = Math.floor(anchor / grid.anchors);
  const centreX = ((cell % grid.cells) + 0.5) / grid.cells;
  const centreY = (Math.floor(cell / grid.cells) + 0.5) / grid.cells;
  const at = (index: number) => (values[anchor * VALUES_PER_ANCHOR + index] ?? 0) / INPUT_SIZE;
  const width = at(2);
  const height = at(3);
  return {
    box: { x: centreX + at(0) - width / 2, y: centreY + at(1) - height / 2, width, height },
    landmarks: Array.from({ length: LANDMARKS }, (_, index) => ({
      x: centreX + at(4 + 2 * index),
      y: centreY + at(5 + 2 * index),
    })),
    score,
  };
}
