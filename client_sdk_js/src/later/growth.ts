/**
 * Whether tensors pile up: the rule behind the hint to developers (`leak_hint.ts`).
 *
 * Looks at the least of every few predictions, since a pipeline holds the results in flight and its least is what is
 * left when it is at rest. Sixteen such minima are judged when they are full; then two become one and it goes on, so
 * that they are judged after 64, 128, 256 ... predictions and an hour costs what a second does. Growth is a leak when
 *
 * - it is the same in every quarter, and at the very end: caches, pools and galleries fill and then stop;
 * - it is at least 64 tensors: more than results in flight come to;
 * - it went on for 10 seconds: a page that keeps the last seconds of frames has let go of the first ones by then.
 *
 * What it gets wrong, and how often, is in `tests/growth.test.ts`: a page that lets go of its results only after more
 * than 48 of them and more than 10 seconds is taken for a leak while it does so.
 */

const BLOCKS = 16; // a multiple of 4, for the quarters
const FIRST_BLOCK = 4; // predictions
const LEAST_GROWTH = 64; // tensors
const LEAST_MS = 10_000;
const SAME = 0.5; // of the slope: what every part must reach

export interface Growth {
  /** Median over all pairs of blocks, a prediction. */
  tensors: number;
  bytes: number;
  /** Predictions looked at, and the tensors that came with them. */
  predictions: number;
  total: number;
}

interface Block {
  tensors: number;
  bytes: number;
}

export interface GrowthWatch {
  /** One look before a prediction; says the growth when it is a leak. */
  _add(now: number, tensors: number, bytes: number): Growth | undefined;
}

/** Starts looking; warm-up is the caller's to leave out. */
export function growthWatch(): GrowthWatch {
  let blocks: Block[] = [];
  let size = FIRST_BLOCK;
  let block: Block | undefined;
  let inBlock = 0;
  let began: number | undefined;
  return {
    _add(now, tensors, bytes) {
      began ??= now;
      if (!block || tensors < block.tensors) block = { tensors, bytes };
      if (++inBlock < size) return;
      blocks.push(block);
      block = undefined;
      inBlock = 0;
      if (blocks.length < BLOCKS) return;
      const growth = now - began < LEAST_MS ? undefined : judge(blocks, size);
      blocks = blocks.flatMap((each, i) => (i % 2 ? [] : [lower(each, blocks[i + 1] ?? each)]));
      size *= 2;
      return growth;
    },
  };
}

const lower = (a: Block, b: Block): Block => (b.tensors < a.tensors ? b : a);

function judge(blocks: Block[], size: number): Growth | undefined {
  const counts = blocks.map(({ tensors }) => tensors);
  const slope = theilSen(counts);
  const total = slope * BLOCKS;
  const quarter = BLOCKS / 4;
  const means = [0, 1, 2, 3].map(
    (k) => counts.slice(k * quarter, (k + 1) * quarter).reduce((sum, each) => sum + each, 0) / quarter,
  );
  const grows = (from: number | undefined, to: number | undefined, steps: number) =>
    (to ?? 0) - (from ?? 0) >= SAME * slope * steps;
  const steady =
    means.every((mean, k) => !k || grows(means[k - 1], mean, quarter)) &&
    grows(counts.at(-quarter), counts.at(-1), quarter - 1);
  return total >= LEAST_GROWTH && steady
    ? {
        tensors: slope / size,
        bytes: theilSen(blocks.map(({ bytes }) => bytes)) / size,
        predictions: BLOCKS * size,
        total: Math.round(total),
      }
    : undefined;
}

/** The median slope over all pairs, a step: a third of the values may be anything (Theil 1950, Sen 1968). */
function theilSen(values: number[]): number {
  const slopes = values.flatMap((value, i) =>
    values.slice(0, i).map((before, j) => (value - before) / (i - j)),
  );
  slopes.sort((a, b) => a - b);
  return slopes[slopes.length >> 1] ?? 0;
}
