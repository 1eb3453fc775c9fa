import { describe, expect, it } from 'vitest';
import { formatCell, formatNumber, formatSpan } from '../src/format';

describe('formatNumber', () => {
  it.each([
    [0.42, 'ms', '0.42 ms'],
    [47.6194, 'ms', '47.6 ms'],
    [1561.6, 'ms', '1.56 s'],
    [180_000, 'ms', '3 min'],
    [539_000, 'bytes', '526 KiB'],
    [-2048, 'bytes', '-2 KiB'],
    [0.0375, 'share', '3.8 %'],
    [1, 'share', '100 %'],
    [0.00002, 'share', '<0.01 %'],
    [0, 'share', '0 %'],
    [1234, 'count', '1,234'],
    [1_400_000, 'count', '1.4M'],
    [2.0017, 'tensors_per_prediction', '2.00'],
    [0.004, 'tensors_per_prediction', '0.004'],
  ] as const)('writes %s %s as %s', (value, unit, text) => {
    expect(formatNumber(value, unit)).toBe(text);
  });

  it('shows that there is no figure rather than a wrong one', () => {
    expect(formatNumber(null, 'ms')).toBe('–');
    expect(formatNumber(Number.NaN, 'count')).toBe('–');
    expect(formatCell('', 'text')).toBe('–');
  });
});

describe('formatSpan', () => {
  it.each([
    [4_000, '4 s'],
    [-50, '0 s'],
    [90_000, '2 min'],
    [3_600_000, '1 h'],
    [44 * 3_600_000, '44 h'],
    [72 * 3_600_000, '3 d'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });
});
