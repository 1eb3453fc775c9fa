import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Arm } from '../src/generated/config.js';
import { drawArm, stableHash } from '../src/later/plan.js';

interface Vectors {
  hashes: { text: string; at: number }[];
  draws: { arms: Arm[]; at: number; backend: string }[];
}

/** Made by tests/vectors/make_draw.py; the simulated fleet reproduces them too. */
const vectors = JSON.parse(
  readFileSync(new URL('../../tests/vectors/draw.json', import.meta.url), 'utf8'),
) as Vectors;

describe('the shared vectors of drawing', () => {
  it('places every text where they say', () => {
    for (const { text, at } of vectors.hashes) expect([text, stableHash(text)]).toEqual([text, at]);
  });

  it('draws every arm that they say', () => {
    for (const { arms, at, backend } of vectors.draws)
      expect([at, drawArm({ arms }, at)?.backend]).toEqual([at, backend]);
  });
});
