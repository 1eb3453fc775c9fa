import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bucketOf, encode } from '../src/core/histogram.js';
import { decode, merge, middleOf, quantile } from '../src/later/quantile.js';

interface Vectors {
  buckets: { value_ms: number; bucket: number }[];
  values: { bucket: number; value_ms: number }[];
  merges: {
    name: string;
    parts: Record<string, number>[];
    merged: Record<string, number>;
    quantiles: Record<string, number>;
  }[];
  encodings: { histogram: Record<string, number>; buckets: number[]; counts: number[] }[];
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../tests/vectors/histogram.json', import.meta.url), 'utf8'),
);
const fromWire = (counts: Record<string, number>) =>
  new Map(Object.entries(counts).map(([bucket, count]) => [Number(bucket), count]));

describe('histogram, by the vectors shared with Python', () => {
  it('puts every duration into the same bucket', () => {
    for (const { value_ms, bucket } of vectors.buckets)
      expect(bucketOf(value_ms), `${value_ms}`).toBe(bucket);
  });

  it('lets every bucket stand for the same duration', () => {
    for (const { bucket, value_ms } of vectors.values) {
      expect(Math.abs(middleOf(bucket) / value_ms - 1)).toBeLessThan(1e-12);
    }
  });

  it.each(vectors.merges)('merges and reads quantiles: $name', ({ parts, merged, quantiles }) => {
    const total = merge(...parts.map(fromWire));
    expect(total).toEqual(fromWire(merged));
    for (const [q, value] of Object.entries(quantiles)) {
      const got = quantile(total, Number(q)) ?? Number.NaN;
      expect(Math.abs(got / value - 1)).toBeLessThan(1e-12);
    }
  });

  it('encodes runs of counts, and reads them back', () => {
    for (const { histogram, buckets, counts } of vectors.encodings) {
      expect(encode(fromWire(histogram))).toEqual({ buckets, counts });
      expect(decode({ buckets, counts })).toEqual(fromWire(histogram));
    }
  });

  it('has no wire form and no quantile while empty', () => {
    expect(encode(new Map())).toBeUndefined();
    expect(quantile(new Map(), 0.5)).toBeUndefined();
  });
});
