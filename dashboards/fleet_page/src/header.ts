import { el, svg } from './dom';
import { formatSpan, formatTime } from './format';
import { NO_RELEASE, RANGES, type RangeName, type State } from './state';
import type { App } from './types';

type Change = (change: Partial<State>) => void;

/** The pickers and the clock. Rebuilt when the apps change, so that a new release appears by itself. */
export class Header {
  private readonly status = el('span', { class: 'status', attrs: { role: 'status' } });
  private readonly pickers = el('div', { class: 'pickers' });
  private drawn = '';

  constructor(
    root: HTMLElement,
    private readonly onChange: Change,
    private readonly onRefresh: () => void,
  ) {
    const refresh = el('button', { class: 'button', attrs: { type: 'button' } }, 'Refresh');
    refresh.addEventListener('click', () => this.onRefresh());
    root.append(
      el('a', { class: 'brand', attrs: { href: './' } }, logo(), el('span', {}, 'Inferfleet')),
      this.pickers,
      el('div', { class: 'clock' }, this.status, refresh),
    );
  }

  /** `range` is the one that is drawn: the chosen one, or the one that fits the data. */
  show(state: State, range: RangeName, apps: App[]): void {
    const key = JSON.stringify([
      state,
      range,
      apps.map((app) => [app.app, app.models, app.releases, app.backends]),
    ]);
    if (key === this.drawn) return;
    this.drawn = key;
    const focused = document.activeElement?.id;
    const current = apps.find((app) => app.app === state.app);
    const names = apps.map((app) => app.app);
    this.pickers.replaceChildren(
      picker('app', 'App', names, state.app, null, (app) =>
        this.onChange({ app, model: null, release: null, backend: null }),
      ),
      picker('model', 'Model', current?.models ?? [], state.model, 'All models', (model) =>
        this.onChange({ model }),
      ),
      picker('release', 'Release', current?.releases ?? [], state.release, 'All releases', (release) =>
        this.onChange({ release }),
      ),
      picker('backend', 'Backend', current?.backends ?? [], state.backend, 'All backends', (backend) =>
        this.onChange({ backend }),
      ),
      this.ranges(state, range),
      this.live(state),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  tell(updatedMs: number | null, busy: boolean, failed: number): void {
    const age = updatedMs === null ? '' : `Updated ${formatSpan(Date.now() - updatedMs)} ago`;
    this.status.textContent = busy ? 'Updating…' : failed > 0 ? `${failed} panels failed · ${age}` : age;
  }

  private ranges(state: State, drawn: RangeName): HTMLElement {
    const names = Object.keys(RANGES) as RangeName[];
    return el(
      'div',
      { class: 'segments', attrs: { role: 'group', 'aria-label': 'Time range' } },
      ...this.span(state),
      ...names.map((range) =>
        el(
          'button',
          {
            class: 'segment',
            title: range === drawn && state.range === null ? 'Chosen to fit the data that there is' : '',
            attrs: {
              type: 'button',
              id: `range-${range}`,
              'aria-pressed': String(state.since === null && range === drawn),
            },
            on: { click: () => this.onChange({ range, since: null, until: null }) },
          },
          range,
        ),
      ),
    );
  }

  /** The span of a link, as a range that is pressed until another one is chosen. */
  private span(state: State): HTMLElement[] {
    if (state.since === null) return [];
    const end = state.until === null ? 'now' : formatTime(state.until);
    return [
      el(
        'button',
        {
          class: 'segment',
          title: 'The time that the link names; choose a range to leave it',
          attrs: { type: 'button', id: 'range-span', 'aria-pressed': 'true' },
        },
        `${formatTime(state.since)} – ${end}`,
      ),
    ];
  }

  private live(state: State): HTMLElement {
    return el(
      'button',
      {
        class: 'live',
        title: 'Refresh by itself while the page is visible',
        attrs: { type: 'button', id: 'live', 'aria-pressed': String(state.live) },
        on: { click: () => this.onChange({ live: !state.live }) },
      },
      el('span', { class: 'live-dot' }),
      'Live',
    );
  }
}

function picker(
  id: string,
  label: string,
  values: string[],
  chosen: string | null,
  all: string | null,
  onChange: (value: string | null) => void,
): HTMLElement {
  // A link may name something that no longer reports: keep it visible rather than show another.
  const options =
    chosen !== null && chosen !== NO_RELEASE && !values.includes(chosen) ? [chosen, ...values] : values;
  const select = el('select', { attrs: { id: `pick-${id}`, 'aria-label': label } });
  if (all !== null) select.append(new Option(all, '\u0000all', false, chosen === null));
  for (const value of options)
    select.append(
      new Option(value || NO_RELEASE, value || NO_RELEASE, false, (value || NO_RELEASE) === chosen),
    );
  select.addEventListener('change', () => onChange(select.value === '\u0000all' ? null : select.value));
  return select;
}

function logo(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 32 32', width: 26, height: 26, 'aria-hidden': 'true' },
    svg('rect', { width: 32, height: 32, rx: 8, class: 'logo-ground' }),
    svg('path', { d: 'M7 21.5 12.2 13l4.6 6 3.4-9.5L25 21.5', class: 'logo-line' }),
    svg('circle', { cx: 20.2, cy: 9.5, r: 2.4, class: 'logo-point' }),
  );
}
