/** One origin: its IndexedDB, its locks, its collector, and the page lives that follow or accompany one another. */

import { IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';
import { any } from '../src/any.js';
import type { Report } from '../src/generated/report.js';
import { createMonitor, type Monitor, type MonitorOptions } from '../src/index.js';
import { accepted, FakeHost, textOf } from './fake_host.js';
import { FakeLocks } from './fake_locks.js';

type Run = (x: number | Promise<number>) => number | Promise<number>;

export interface Life {
  host: FakeHost;
  monitor: Monitor;
  predict(times: number): void;
  /** One whose result is waited for until `settle` is called. */
  predictSlowly(): { settle: () => void };
  hide(): void;
  show(): void;
  /** The page is gone from one moment to the next. */
  crash(): void;
}

/** Room for IndexedDB, whose steps are tasks of their own. */
export async function breathe(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve));
}

export class Origin {
  readonly factory = new IDBFactory();
  readonly locks = new FakeLocks();
  readonly received = new Map<string, Report>();
  /** Requests that came for a report that was there already. */
  duplicates = 0;
  isUp = true;
  /** Beacons reach it even while it answers no request. */
  takesBeacons = false;
  /** An answer is lost on the way back in that many requests from now on. */
  lostAnswers = 0;
  withLocks = true;
  /** The visitor's browser sends Global Privacy Control. */
  optsOut = false;
  readonly #lives = new Set<FakeHost>();
  #time = 1_000;

  /** What a collector does with a report. */
  take(report: Report): void {
    if (this.received.has(report.batch_id)) this.duplicates++;
    else this.received.set(report.batch_id, report);
  }

  predictions(): number {
    let sum = 0;
    for (const { windows = [] } of this.received.values())
      for (const { count } of windows ?? []) sum += count;
    return sum;
  }

  async open(options: Partial<MonitorOptions> = {}): Promise<Life> {
    const host = new FakeHost();
    host.time = this.#time;
    const page = this.locks.page();
    let alive = true;
    const locks = this.withLocks ? page.locks : undefined;
    const document = { hidden: false };
    vi.stubGlobal('indexedDB', this.factory);
    vi.stubGlobal('navigator', { userAgent: '', onLine: true, globalPrivacyControl: this.optsOut, locks });
    vi.stubGlobal('document', document);
    const idle: (() => void)[] = [];
    host.idle = (fn) => void idle.push(fn);
    host.answer = async (_, init) => {
      if (!this.isUp || !alive || !host.isOnline) throw new TypeError('not reached');
      this.take(JSON.parse(await textOf(init)));
      if (this.lostAnswers-- > 0) throw new TypeError('the answer is lost');
      return accepted();
    };
    const beacon = host.beacon;
    host.beacon = (url, body) => {
      const taken = alive && host.online() && beacon(url, body);
      if (taken && (this.isUp || this.takesBeacons)) this.take(JSON.parse(body));
      return taken;
    };
    const monitor = createMonitor({
      app: 'lab',
      endpoint: 'https://c.example',
      host,
      remoteConfig: false,
      ...options,
    });
    const model: { run: Run } = { run: (x) => x };
    monitor.wrap('face', model, { adapter: any({ backend: 'cpu' }) });
    this.#lives.add(host);
    await breathe();
    idle.at(-1)?.(); // the device's facts come before it, and want a real document
    await breathe();
    return {
      host,
      monitor,
      hide: () => {
        document.hidden = true;
        host.hide();
      },
      show: () => {
        document.hidden = false;
        host.show();
      },
      predict: (times) => {
        for (let i = 0; i < times; i++) void model.run(i);
      },
      predictSlowly: () => {
        let settle = (): void => undefined;
        void model.run(new Promise((resolve) => (settle = () => resolve(1))));
        return { settle };
      },
      crash: () => {
        alive = false;
        this.#lives.delete(host);
        page.die();
      },
    };
  }

  /** Time passes for every page that lives. */
  async advance(ms: number): Promise<void> {
    const step = ms > 60_000 ? 5_000 : 1_000;
    for (const end = this.#time + ms; this.#time < end; ) {
      this.#time = Math.min(end, this.#time + step);
      for (const host of this.#lives) await host.advance(this.#time - host.time);
      await breathe();
    }
  }

  /** What IndexedDB holds. */
  async kept(app = 'lab'): Promise<{ report: Report; to: string; owner: string; at: number }[]> {
    const names = (await this.factory.databases()).map(({ name }) => name);
    if (!names.includes(`inferfleet:${app}`)) return [];
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = this.factory.open(`inferfleet:${app}`);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const all = db.transaction('reports').objectStore('reports').getAll();
    await new Promise((resolve) => {
      all.onsuccess = resolve;
    });
    db.close();
    return all.result;
  }
}
