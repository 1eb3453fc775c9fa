import { describe, expect, it } from 'vitest';
import { fittingRange, NO_RELEASE, panelQuery, readState, refreshMs } from '../src/state';

describe('readState', () => {
  it('reads what a link says', () => {
    expect(readState('?app=demo&model=face&release=1.0&backend=webgl&range=7d&live=off')).toEqual({
      app: 'demo',
      model: 'face',
      release: '1.0',
      backend: 'webgl',
      since: null,
      until: null,
      range: '7d',
      live: false,
    });
  });

  it('falls back where a link says nothing, or nonsense', () => {
    expect(readState('?range=toString').range).toBeNull();
    expect(readState('')).toEqual({
      app: null,
      model: null,
      release: null,
      backend: null,
      since: null,
      until: null,
      range: null,
      live: true,
    });
  });
});

describe('a span of time in a link', () => {
  const spanOf = (search: string) => {
    const { since, until } = readState(search);
    return [since, until];
  };

  it('goes before a range, up to now or to its end', () => {
    expect(spanOf('?from=1795976292000')).toEqual([1795976292000, null]);
    expect(spanOf('?from=1795976292000&to=1795979892000')).toEqual([1795976292000, 1795979892000]);
    const query = panelQuery(readState('?from=1795976292000'), '1h', 1795980000001);
    expect([query.get('from'), query.get('to')]).toEqual(['1795976292000', '1795980010000']);
    const ended = panelQuery(readState('?from=1795976292000&to=1795979892000'), '1h', 0);
    expect([ended.get('from'), ended.get('to')]).toEqual(['1795976292000', '1795979892000']);
  });

  it('is none when it is no time, or ends before it begins', () => {
    for (const search of [
      '?from=yesterday',
      '?from=12',
      '?to=1795976292000',
      '?from=1795976292000&to=1795976291999',
    ])
      expect(spanOf(search)).toEqual([null, null]);
  });
});

describe('a release without a name', () => {
  it('has a word, also in a link from before there was one', () => {
    expect(readState('?release=').release).toBe(NO_RELEASE);
    const query = panelQuery(readState('?release=(none)'), '1h', 0);
    expect(query.get('release')).toBe('(none)');
  });
});

describe('fittingRange', () => {
  const minutes = (ago: number) => -ago * 60_000;
  const fitting = (first: number, last: number) =>
    fittingRange({ firstMs: minutes(first), lastMs: minutes(last) }, 0);

  it('holds all that there is, from the first minute on', () => {
    expect(fitting(0, 0)).toBe('15m');
    expect(fitting(-2, -2), 'a clock that is ahead').toBe('15m');
    expect(fitting(14, 1)).toBe('15m');
    expect(fitting(16, 1)).toBe('1h');
    expect(fitting(59, 59)).toBe('1h');
    expect(fitting(61, 1)).toBe('6h');
    expect(fitting(361, 1)).toBe('24h');
  });

  it('is a day for an app that is in use, and longer for one that was', () => {
    expect(fitting(90 * 1440, 3)).toBe('24h');
    expect(fitting(90 * 1440, 1500)).toBe('7d');
    expect(fitting(90 * 1440, 8 * 1440)).toBe('30d');
    expect(fitting(90 * 1440, 80 * 1440)).toBe('30d');
  });

  it('is the usual one when nothing is known', () => {
    expect(fittingRange({ firstMs: null, lastMs: null }, 0)).toBe('24h');
  });
});

describe('refreshMs', () => {
  it('is short where a minute is much of the chart', () => {
    expect([refreshMs('15m'), refreshMs('24h')]).toEqual([10_000, 30_000]);
  });
});

describe('panelQuery', () => {
  it('asks for a range that ends at the next ten seconds, so that viewers share answers', () => {
    const state = readState('?app=demo&range=1h');
    const query = panelQuery(state, '1h', 1_000_001);
    expect(Object.fromEntries(query)).toEqual({
      from: String(1_010_000 - 3_600_000),
      to: '1010000',
      app: 'demo',
    });
    expect(panelQuery(state, '1h', 1_009_999).toString()).toBe(query.toString());
  });
});
