import { describe, expect, it } from 'vitest';
import { logAxis } from '../src/draw/ranges';
import { pivot } from '../src/draw/series_table';
import type { Answer, Cell, TimeSeriesDraw } from '../src/types';

const draw: TimeSeriesDraw = {
  kind: 'timeseries',
  series: 'backend',
  values: ['p75'],
  shown: 'p75',
  stacked: false,
  scale: 'linear',
};

function answer(rows: [number, string, Cell][], interval_s = 60, from_ms = 0, to_ms = 240_000): Answer {
  return {
    panel: 'test',
    from_ms,
    to_ms,
    interval_s,
    rows: rows.length,
    columns: {
      time: rows.map((row) => row[0]),
      backend: rows.map((row) => row[1]),
      p75: rows.map((row) => row[2]),
    },
  };
}

describe('pivot', () => {
  it('puts every series on the whole grid and leaves gaps empty', () => {
    const table = pivot(
      answer([
        [60_000, 'webgl', 5],
        [180_000, 'webgl', 7],
        [60_000, 'cpu', 90],
      ]),
      draw,
      'p75',
    );
    expect(table.times).toEqual([0, 60, 120, 180, 240]);
    expect(table.names).toEqual(['cpu', 'webgl']);
    expect(table.values).toEqual([
      [null, 90, null, null, null],
      [null, 5, null, 7, null],
    ]);
  });

  it('follows rows whose intervals do not begin at a multiple from the epoch, as weeks do', () => {
    const week = 604_800;
    const monday = 4 * 86_400; // 5 January 1970
    const table = pivot(
      answer(
        [
          [monday * 1000, 'webgl', 1],
          [(monday + week) * 1000, 'webgl', 2],
        ],
        week,
        0,
        2 * week * 1000,
      ),
      draw,
      'p75',
    );
    expect(table.times).toContain(monday);
    expect(table.values[0]?.filter((value) => value !== null)).toEqual([1, 2]);
  });

  it('starts the legend of many series with the greatest', () => {
    const rows = Array.from({ length: 9 }, (_unused, index): [number, string, Cell] => [
      0,
      `s${index}`,
      index,
    ]);
    expect(pivot(answer(rows), draw, 'p75').names[0]).toBe('s8');
  });
});

describe('logAxis', () => {
  it('places values between its ends in equal ratios', () => {
    const axis = logAxis(1, 1000, 9);
    expect(axis.place(10) - axis.place(1)).toBeCloseTo(axis.place(1000) - axis.place(100));
    expect(axis.place(1)).toBeGreaterThan(0);
    expect(axis.place(1000)).toBeLessThan(100);
    expect(axis.ticks).toEqual([1, 3, 10, 30, 100, 300, 1000]);
  });

  it('keeps only powers of ten when labels would touch', () => {
    expect(logAxis(1, 1000, 4).ticks).toEqual([1, 10, 100, 1000]);
  });

  it('has a width even for a single value, and takes zero', () => {
    const axis = logAxis(0, 0, 5);
    expect(Number.isFinite(axis.place(0))).toBe(true);
  });
});
