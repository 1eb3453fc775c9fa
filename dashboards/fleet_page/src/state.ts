// What is looked at lives in the URL, so that a link shows a colleague the same picture.
export const RANGES = {
  '15m': 900,
  '1h': 3600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
} as const;
export type RangeName = keyof typeof RANGES;
export type State = {
  app: string | null;
  model: string | null;
  release: string | null;
  backend: string | null;
  /** From a link to a moment, such as an alert's: epoch ms. It goes before `range`. */
  since: number | null;
  /** Its end; null for now. */
  until: number | null;
  /** null until somebody chooses one: the page then takes the range that fits the data. */
  range: RangeName | null;
  live: boolean;
};
/** The word for "no release": an empty value means all of them (dashboards/panels/scope.py). */
export const NO_RELEASE = '(none)';

const NAMES = Object.keys(RANGES) as RangeName[];
const USUAL: RangeName = '24h';

export function readState(search: string): State {
  const query = new URLSearchParams(search);
  const range = query.get('range') ?? '';
  const release = query.get('release');
  return {
    app: query.get('app'),
    model: query.get('model'),
    release: release === '' ? NO_RELEASE : release,
    backend: query.get('backend'),
    ...readSpan(query.get('from'), query.get('to')),
    range: Object.hasOwn(RANGES, range) ? (range as RangeName) : null,
    live: query.get('live') !== 'off',
  };
}

/** What a link says of times; nothing when that is no span, so that a mistyped link shows the usual range. */
function readSpan(from: string | null, to: string | null): { since: number | null; until: number | null } {
  const since = readMs(from);
  const until = readMs(to);
  if (since === null || (until !== null && until <= since)) return { since: null, until: null };
  return { since, until };
}

function readMs(text: string | null): number | null {
  return text !== null && /^\d{12,14}$/.test(text) ? Number(text) : null;
}

export function writeState(state: State): void {
  const query = new URLSearchParams();
  for (const name of ['app', 'model', 'release', 'backend', 'range'] as const) {
    const value = state[name];
    if (value !== null) query.set(name, value);
  }
  if (state.since !== null) query.set('from', String(state.since));
  if (state.until !== null) query.set('to', String(state.until));
  if (!state.live) query.set('live', 'off');
  const search = query.size > 0 ? `?${query}` : '';
  history.replaceState(null, '', `${location.pathname}${search}`);
}

/**
 * The range that fits what an app has: the shortest that holds all its data while that is under a day old, so that
 * the first minutes are a chart and not one dot; then a day; longer when nothing came for longer than that.
 */
export function fittingRange(
  seen: { firstMs: number | null; lastMs: number | null },
  nowMs: number,
): RangeName {
  if (seen.firstMs === null || seen.lastMs === null) return USUAL;
  const whole = (nowMs - seen.firstMs) / 1000;
  const idle = (nowMs - seen.lastMs) / 1000;
  const needed = whole < RANGES[USUAL] ? whole : Math.max(idle, RANGES[USUAL] - 1);
  return NAMES.find((name) => RANGES[name] > needed) ?? NAMES.at(-1) ?? USUAL;
}

/** How often the page asks again by itself: a short range moves quickly. */
export function refreshMs(range: RangeName): number {
  return RANGES[range] <= RANGES['1h'] ? 10_000 : 30_000;
}

/** The panels' query for a state. Ends are rounded to 10 s, so that viewers share the collector's cache. */
export function panelQuery(state: State, range: RangeName, nowMs: number): URLSearchParams {
  const to = state.until ?? Math.ceil(nowMs / 10_000) * 10_000;
  const from = state.since ?? to - RANGES[range] * 1000;
  const query = new URLSearchParams({ from: String(from), to: String(to) });
  for (const name of ['app', 'model', 'release', 'backend'] as const) {
    const value = state[name];
    if (value !== null) query.set(name, value);
  }
  return query;
}
