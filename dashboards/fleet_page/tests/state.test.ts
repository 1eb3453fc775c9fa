import { describe, expect, it } from 'vitest';
import { panelQuery, readState } from '../src/state';

describe('readState', () => {
  it('reads what a link says', () => {
    expect(readState('?app=demo&model=face&release=1.0&range=7d&live=off')).toEqual({
      app: 'demo',
      model: 'face',
      release: '1.0',
      range: '7d',
      live: false,
    });
  });

  it('falls back where a link says nothing, or nonsense', () => {
    expect(readState('?range=toString').range).toBe('24h');
    expect(readState('')).toEqual({ app: null, model: null, release: null, range: '24h', live: true });
  });
});

describe('panelQuery', () => {
  it('asks for a range that ends at the next ten seconds, so that viewers share answers', () => {
    const state = readState('?app=demo&range=1h');
    const query = panelQuery(state, 1_000_001);
    expect(Object.fromEntries(query)).toEqual({
      from: String(1_010_000 - 3_600_000),
      to: '1010000',
      app: 'demo',
    });
    expect(panelQuery(state, 1_009_999).toString()).toBe(query.toString());
  });
});
