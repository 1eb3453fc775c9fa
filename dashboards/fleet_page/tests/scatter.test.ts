import { describe, expect, it } from 'vitest';
import { logScale } from '../src/draw/scale';
import { roomFor, spread, stateOf } from '../src/draw/scatter_marks';
import { describeClass } from '../src/format';

describe('logScale', () => {
  it('puts values in their order, inside the axis', () => {
    const scale = logScale([134_816, 269_520, 538_928], 6, 2);
    const places = [134_816, 269_520, 538_928].map(scale.place);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const place of places) {
      expect(place).toBeGreaterThan(0);
      expect(place).toBeLessThan(1);
    }
    expect(scale.ticks).toContain(262_144);
  });

  it('draws one value, and equal ones, in the middle', () => {
    expect(logScale([42], 5, 10).place(42)).toBeCloseTo(0.5);
    expect(logScale([42, 42], 5, 10).place(42)).toBeCloseTo(0.5);
  });

  it.each([
    [[17.3, 28.5], 10],
    [[0.02, 4_000], 10],
    [[5.1, 5.2], 10],
    [[900, 4e9], 2],
  ] as const)('labels %j', (values, base) => {
    const { ticks, place } = logScale([...values], 6, base);
    expect(ticks.length).toBeGreaterThanOrEqual(2);
    expect(ticks.length).toBeLessThanOrEqual(6);
    for (const tick of ticks) expect(place(tick)).toBeGreaterThanOrEqual(0);
    for (const tick of ticks) expect(place(tick)).toBeLessThanOrEqual(1);
  });
});

describe('roomFor', () => {
  const field = { left: 0, right: 300, top: 0, bottom: 200 };

  it('writes to the right of a mark, or where nothing is hidden', () => {
    expect(roomFor(50, 100, 100, 8, [], field)?.anchor).toBe('start');
    expect(roomFor(50, 280, 100, 8, [], field)?.anchor).toBe('end');
    const right = { left: 108, right: 120, top: 95, bottom: 105 };
    const left = { left: 80, right: 92, top: 95, bottom: 105 };
    expect(roomFor(50, 100, 100, 8, [right, left], field)?.anchor).toBe('middle');
  });

  it('leaves a label out where there is no room', () => {
    expect(roomFor(50, 100, 100, 8, [{ left: 0, right: 300, top: 0, bottom: 200 }], field)).toBeNull();
  });
});

describe('spread', () => {
  it('leaves marks that can be told apart where they belong', () => {
    const apart = [
      { x: 10, y: 10 },
      { x: 30, y: 10 },
    ];
    expect(spread(apart)).toEqual(apart);
  });

  it.each([2, 3, 8, 40])('shows each of %i marks of one place, around it', (count) => {
    const placed = spread([{ x: 200, y: 9 }, ...Array.from({ length: count }, () => ({ x: 50, y: 60 }))]);
    expect(placed[0]).toEqual({ x: 200, y: 9 });
    const ring = placed.slice(1);
    for (const [index, mark] of ring.entries()) {
      for (const other of ring.slice(index + 1)) {
        expect(Math.hypot(mark.x - other.x, mark.y - other.y)).toBeGreaterThan(12);
      }
    }
    expect(ring.reduce((sum, { x }) => sum + x, 0) / count).toBeCloseTo(50);
  });
});

it('takes a state that only a newer collector knows for one that is not settled', () => {
  expect(stateOf('refused')).toBe('refused');
  expect(stateOf('banned')).toBe('unproven');
});

it('names device classes for people', () => {
  expect(describeClass('*')).toBe('every device');
  expect(describeClass('form=mobile,os=android,browser=chromium,gpu=adreno-6')).toBe(
    'mobile · android · chromium · adreno-6',
  );
  expect(describeClass('* · facemesh')).toBe('every device · facemesh');
});
