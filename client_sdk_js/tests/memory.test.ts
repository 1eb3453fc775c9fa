import { describe, expect, it } from 'vitest';
import { memoryPoints } from '../src/core/memory.js';
import { memorySignal } from '../src/later/memory_signal.js';

const accumulate = (differences: number[]) => {
  let sum = 0;
  return differences.map((each) => (sum += each));
};
const look = (predictions: number, tensors: number, gpu?: number) => ({
  tensors,
  bytes: tensors * 100,
  gpu_bytes: gpu,
  predictions,
});

describe('memory points', () => {
  it('keep first and last, at most 16, whatever the number of predictions', () => {
    for (const count of [1, 2, 15, 16, 17, 31, 32, 1_800, 100_003]) {
      const points = memoryPoints();
      for (let i = 0; i < count; i++) points._add(look(40 + i, 7 + 2 * i));
      const signal = memorySignal(points);
      const predictions = accumulate(signal?.predictions ?? []);
      expect(predictions.length).toBeLessThanOrEqual(16);
      expect(predictions[0]).toBe(40);
      expect(predictions.at(-1)).toBe(40 + count - 1);
      const tensors = accumulate(signal?.tensors ?? []);
      expect(tensors).toEqual(predictions.map((made) => 7 + 2 * (made - 40)));
    }
  });

  it('say a constant run by its two ends', () => {
    const points = memoryPoints();
    for (let i = 0; i < 1_000; i++) points._add(look(i, 229, 4096));
    expect(memorySignal(points)).toEqual({
      predictions: [0, 999],
      tensors: [229, 0],
      bytes: [22_900, 0],
      gpu_bytes: [4096, 0],
    });
  });

  it('say extremes that no point shows', () => {
    const points = memoryPoints();
    for (let i = 0; i < 1_000; i++) points._add(look(i, i === 501 ? 3 : i === 503 ? 900 : 20));
    const signal = memorySignal(points);
    expect(signal?.tensors_min).toBe(3);
    expect(signal?.tensors_max).toBe(900);
  });

  it('leave GPU bytes out when a point lacks them', () => {
    const points = memoryPoints();
    points._add(look(0, 1, 5));
    points._add(look(1, 1));
    expect(memorySignal(points)?.gpu_bytes).toBeUndefined();
  });

  it('say what the engine holds beside what is in use', () => {
    const points = memoryPoints();
    points._add({ ...look(0, 4, 1_120), gpu_allocated_bytes: 2_000_000 });
    points._add({ ...look(1, 4, 1_120), gpu_allocated_bytes: 2_500_000, heap_bytes: undefined });
    expect(memorySignal(points)).toEqual({
      predictions: [0, 1],
      tensors: [4, 0],
      bytes: [400, 0],
      gpu_bytes: [1_120, 0],
      gpu_allocated_bytes: [2_000_000, 500_000],
    });
  });

  it('keep a point where only the heap changed', () => {
    const points = memoryPoints();
    for (let i = 0; i < 10; i++) points._add({ ...look(i, 4), heap_bytes: i < 5 ? 16 << 20 : 64 << 20 });
    expect(memorySignal(points)).toMatchObject({
      predictions: [0, 4, 1, 4],
      heap_bytes: [16 << 20, 0, 48 << 20, 0],
    });
  });

  it('have no wire form without a point', () => {
    expect(memorySignal(memoryPoints())).toBeUndefined();
  });
});
