import { describe, expect, it } from 'vitest';
import { whyNotCompared } from '../src/draw/compared';

const figure = (weight: number, previousWeight: number, previous: number | null = 10) =>
  whyNotCompared({ value: 20, previous, weight, previousWeight });

describe('whyNotCompared', () => {
  it('compares two periods that both hold enough sessions', () => {
    expect(figure(300, 280)).toBeNull();
    expect(figure(20, 20)).toBeNull();
  });

  it('does not compare with the time before the app was used', () => {
    expect(figure(300, 0, null)).toBe('no data before to compare');
    expect(figure(300, 3)).toBe('hardly any data before');
    expect(figure(3000, 299)).toBe('hardly any data before');
  });

  it('does not compare a handful of sessions with many', () => {
    expect(figure(5, 280)).toBe('too few sessions to compare');
  });

  it('has nothing to say of a share that was 0', () => {
    expect(figure(300, 280, 0)).toBe('nothing before to compare');
  });

  it('says when there is nothing now', () => {
    expect(whyNotCompared({ value: null, previous: 1, weight: 0, previousWeight: 50 })).toBe(
      'no data in this range',
    );
  });
});
