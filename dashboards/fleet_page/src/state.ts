// What is looked at lives in the URL, so that a link shows a colleague the same picture.
export const RANGES = { '1h': 3600, '6h': 21_600, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 } as const;
export type RangeName = keyof typeof RANGES;
export type State = {
  app: string | null;
  model: string | null;
  release: string | null;
  range: RangeName;
  live: boolean;
};

const DEFAULT: State = { app: null, model: null, release: null, range: '24h', live: true };

export function readState(search: string): State {
  const query = new URLSearchParams(search);
  const range = query.get('range') ?? DEFAULT.range;
  return {
    app: query.get('app'),
    model: query.get('model'),
    release: query.get('release'),
    range: Object.hasOwn(RANGES, range) ? (range as RangeName) : DEFAULT.range,
    live: query.get('live') !== 'off',
  };
}

export function writeState(state: State): void {
  const query = new URLSearchParams();
  for (const name of ['app', 'model', 'release'] as const) {
    const value = state[name];
    if (value !== null) query.set(name, value);
  }
  if (state.range !== DEFAULT.range) query.set('range', state.range);
  if (!state.live) query.set('live', 'off');
  const search = query.size > 0 ? `?${query}` : '';
  history.replaceState(null, '', `${location.pathname}${search}`);
}

/** The panels' query for a state. Ends are rounded to 10 s, so that viewers share the collector's cache. */
export function panelQuery(state: State, nowMs: number): URLSearchParams {
  const to = Math.ceil(nowMs / 10_000) * 10_000;
  const query = new URLSearchParams({ from: String(to - RANGES[state.range] * 1000), to: String(to) });
  for (const name of ['app', 'model', 'release'] as const) {
    const value = state[name];
    if (value !== null) query.set(name, value);
  }
  return query;
}
