import { describe, expect, it } from 'vitest';
import { isAlike, majority } from '../src/later/agreement.js';

const right = [0.1, -3, 12];

describe('two answers', () => {
  it.each([
    ['but for rounding', [0.3, -3.2, 12.5], true],
    ['in a typed array', Float32Array.from(right), true],
    ['but for one value', [0.1, 3, 12], false],
    ['but for one more', [...right, 0], false],
    ['but for NaN', [0.1, Number.NaN, 12], false],
    ['but for Infinity', [0.1, -3, Number.POSITIVE_INFINITY], false],
    ['of zeros', [0, 0, 0], false],
  ])('are alike %s: %#', (_, other, alike) => {
    expect(isAlike(right, other)).toBe(alike);
    expect(isAlike(other, right)).toBe(alike);
  });

  it('may be NaN or Infinity at the same places', () => {
    const odd = [Number.NaN, Number.NEGATIVE_INFINITY, 2];
    expect(isAlike(odd, [...odd])).toBe(true);
  });

  it('are told apart by their own scale', () => {
    expect(isAlike([1e-6], [2e-6])).toBe(false);
    expect(isAlike([1e6], [1.01e6])).toBe(true);
    expect(isAlike([0, 0], [0, 0])).toBe(true);
  });
});

describe('a majority', () => {
  const of = (...answers: number[][]) => majority(answers, (answer) => answer);

  it.each([
    ['one of one', [right], [right]],
    ['two of three', [right, [9, 9, 9], right], [right, right]],
    ['none of two', [right, [9, 9, 9]], undefined],
    ['none of three', [right, [9, 9, 9], [0, 0, 0]], undefined],
    ['none of four in halves', [right, right, [0, 0, 0], [0, 0, 0]], undefined],
    ['one beside NaN', [[Number.NaN, 0, 0], right], [right]],
    ['NaN of all', [[Number.NaN], [Number.NaN]], [[Number.NaN], [Number.NaN]]],
    ['nobody of nobody', [], undefined],
  ])('is %s', (_, answers, expected) => {
    expect(of(...answers)).toEqual(expected);
  });
});
