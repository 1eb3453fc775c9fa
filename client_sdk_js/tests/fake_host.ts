/** A page with a clock that only the test moves, and a collector that answers what the test says. */

import { gunzipSync } from 'node:zlib';
import type { Host } from '../src/core/host.js';
import type { Report } from '../src/generated/report.js';

export interface Sent {
  url: string;
  report: Report;
  by: 'fetch' | 'beacon';
  at: number;
}

type Answer = (url: string, init: RequestInit | undefined) => Response | Promise<Response>;

export const accepted = () => Response.json({ accepted: 1, duplicate: 0, rejected: {} }, { status: 202 });

export class FakeHost implements Host {
  time = 1_000;
  chance = 0.5;
  isOnline = true;
  takesBeacon: (body: string) => boolean = () => true;
  answer: Answer = accepted;
  kept = new Map<string, string>();
  sent: Sent[] = [];
  readonly #watchers = new Set<{ hide: () => void; show: () => void }>();
  readonly #timers = new Set<{ due: number; fn: () => void }>();

  storage: NonNullable<Host['storage']> = {
    getItem: (key) => this.kept.get(key) ?? null,
    setItem: (key, value) => void this.kept.set(key, value),
    removeItem: (key) => void this.kept.delete(key),
    key: (i) => [...this.kept.keys()][i] ?? null,
    length: 0,
  };

  constructor() {
    Object.defineProperty(this.storage, 'length', { get: () => this.kept.size });
  }
  now = () => this.time;
  epoch = () => 1_800_000_000_000 + this.time;
  random = () => this.chance;
  idle: (fn: () => void) => void = () => undefined;
  online = () => this.isOnline;
  isHidden = false;
  isPrerendering = false;
  hidden = () => this.isHidden;
  prerendering = () => this.isPrerendering;

  after = (ms: number, fn: () => void) => {
    const timer = { due: this.time + ms, fn };
    // Due at once: the test need not move the clock for it.
    if (!ms) queueMicrotask(() => this.#timers.delete(timer) && fn());
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  fetch: typeof fetch = async (input, init) => {
    const url = String(input);
    const response = await this.answer(url, init);
    if (init?.method === 'POST') this.#note(url, await textOf(init), 'fetch');
    return response;
  };

  beacon = (url: string, body: string) => {
    if (!this.takesBeacon(body)) return false;
    this.#note(url, body, 'beacon');
    return true;
  };

  visibility = (hide: () => void, show: () => void) => {
    const watcher = { hide, show };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  hide(): void {
    for (const { hide } of this.#watchers) hide();
  }

  show(): void {
    for (const { show } of this.#watchers) show();
  }

  #note(url: string, body: string, by: Sent['by']): void {
    this.sent.push({ url, report: JSON.parse(body), by, at: this.time });
  }

  /** Moves the clock, firing timers in order, with room for promises between them. */
  async advance(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      await settle();
      const next = [...this.#timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.time = Math.max(this.time, next.due);
      next.fn();
    }
    this.time = until;
    await settle();
  }
}

/** A request's body as text, unzipped when it is zipped. */
export async function textOf({ body }: RequestInit = {}): Promise<string> {
  return body instanceof Blob ? gunzipSync(await body.arrayBuffer()).toString() : String(body);
}

/** Lets everything that is ready to run do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}
