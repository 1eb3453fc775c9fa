import { getAnswer, getApps, getDefinitions, Refused } from './api';
import { Card } from './card';
import { el } from './dom';
import { firstSteps, noApps } from './empty';
import { Header } from './header';
import {
  fittingRange,
  panelQuery,
  type RangeName,
  readState,
  refreshMs,
  type State,
  writeState,
} from './state';
import type { App, Definitions } from './types';

/** Holds the state, asks for the answers and hands them to the cards. */
export class Page {
  private state: State = readState(location.search);
  private apps: App[] = [];
  private cards: Card[] = [];
  private definitions: Definitions | null = null;
  private running = new AbortController();
  private updatedMs: number | null = null;
  private askedMs = 0;
  private busy = false;
  private failed = 0;
  private readonly header: Header;

  constructor(
    header: HTMLElement,
    private readonly content: HTMLElement,
  ) {
    this.header = new Header(
      header,
      (change) => this.change(change),
      () => void this.refresh(),
    );
  }

  start(): void {
    void this.refresh();
    setInterval(() => {
      this.header.tell(this.updatedMs, this.busy, this.failed);
      if (this.state.live && !document.hidden && !this.busy && this.isDue()) void this.refresh();
    }, 1000);
    // Colours of canvases are read when they are drawn.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const card of this.cards) card.redraw();
    });
    addEventListener('popstate', () => this.change(readState(location.search)));
  }

  private isDue(): boolean {
    return Date.now() - this.askedMs >= refreshMs(this.range());
  }

  private range(): RangeName {
    const app = this.apps.find((candidate) => candidate.app === this.state.app);
    const seen = { firstMs: app?.first_seen_ms ?? null, lastMs: app?.last_seen_ms ?? null };
    // An app without data is looked at often: its first report is what somebody waits for.
    if (app !== undefined && app.last_seen_ms === null) return this.state.range ?? '15m';
    return this.state.range ?? fittingRange(seen, Date.now());
  }

  private change(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    writeState(this.state);
    this.header.show(this.state, this.range(), this.apps);
    void this.refresh();
  }

  private async refresh(): Promise<void> {
    this.running.abort();
    const running = new AbortController();
    this.running = running;
    this.busy = true;
    this.askedMs = Date.now();
    this.header.tell(this.updatedMs, true, 0);
    try {
      await this.ask(running.signal);
    } catch (error) {
      if (!running.signal.aborted) this.complain(error);
    } finally {
      if (this.running === running) {
        this.busy = false;
        this.header.tell(this.updatedMs, false, this.failed);
      }
    }
  }

  private async ask(signal: AbortSignal): Promise<void> {
    this.definitions ??= await getDefinitions(signal);
    this.apps = await getApps(signal);
    this.state.app ??= this.apps[0]?.app ?? null;
    this.header.show(this.state, this.range(), this.apps);
    this.failed = 0;
    const app = this.apps.find((candidate) => candidate.app === this.state.app);
    if (this.state.app === null || (app !== undefined && app.last_seen_ms === null)) {
      this.cards = [];
      this.content.replaceChildren(
        this.state.app === null ? noApps() : firstSteps(this.state.app, collectorUrl()),
      );
      this.updatedMs = Date.now();
      return;
    }
    if (this.cards.length === 0) this.layOut(this.definitions);
    const query = panelQuery(this.state, this.range(), Date.now());
    await Promise.all(
      this.cards.map(async (card) => {
        try {
          card.show(await getAnswer(card.panel.id, query, signal));
        } catch (error) {
          if (signal.aborted) return;
          this.failed += 1;
          card.fail(error);
        }
      }),
    );
    if (!signal.aborted) this.updatedMs = Date.now();
  }

  private layOut(definitions: Definitions): void {
    this.cards = [];
    const sections = definitions.board.sections.map(({ id, title, places }) => {
      const cards = places.flatMap((place) => {
        const panel = definitions.panels[place.panel];
        return panel === undefined ? [] : [new Card(panel, place)];
      });
      this.cards.push(...cards);
      return el(
        'section',
        { class: 'section', attrs: { 'aria-labelledby': `section-${id}` } },
        el('h2', { attrs: { id: `section-${id}` } }, title),
        el('div', { class: 'grid' }, ...cards.map((card) => card.node)),
      );
    });
    this.content.replaceChildren(...sections);
  }

  private complain(error: unknown): void {
    this.failed += 1;
    const refused = error instanceof Refused ? error : new Refused('The page failed', String(error), 0);
    const banner = el(
      'div',
      { class: 'banner', attrs: { role: 'alert' } },
      el('strong', {}, refused.title),
      ` ${refused.detail}`,
    );
    this.content.querySelector('.banner')?.remove();
    this.content.prepend(banner);
  }
}

/** The collector's address as this browser sees it, with the path that a proxy may serve it below. */
function collectorUrl(): string {
  return new URL('.', location.href).href.replace(/\/$/, '');
}
