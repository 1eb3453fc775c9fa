/**
 * Collects items, packs them into reports, counts what had to be let go, and on exit hands everything unanswered
 * to the browser at once. What needs an answer (requests, retries, pauses) is `later/delivery.ts`.
 */

import type {
  Device,
  Exposure,
  Incident,
  LeakTrace,
  Load,
  Race,
  Report,
  Stage,
  Window,
} from '../generated/report.js';
import { type Host, randomId } from './host.js';
import type { Loose } from './loose.js';
import type { MonitorEvents } from './options.js';

declare const SDK_VERSION: string; // the bundler puts the package's version here

/** The item lists of a report. */
export interface Items {
  windows: Window;
  loads: Load;
  incidents: Incident;
  exposures: Exposure;
  stages: Stage;
  races: Race;
  leak_traces: LeakTrace;
}
export type Item = [list: keyof Items, item: Items[keyof Items]];

/** A report on its way. */
export interface Entry {
  _items: Item[];
  report: Report;
  /** A request was made with it: it may be stored already, so that its batch_id and content stay. */
  _attempted?: boolean;
}

/** Beacons share 64 KiB in flight with the host page: a report must leave it room. */
export const MOST_BYTES = 16 * 1024;
const MOST_ITEMS = 500;
const MOST_REPORTS = 64; // `later/delivery.ts` bounds by bytes, much lower; it may not have loaded
const MOST_ITEMS_A_REPORT = 32; // the wire's limit on its shortest list but races and leak traces, of which there are few
const BEACON_FLIGHT_MS = 10_000;

export type DropReason = 'queue_full' | 'too_large' | 'expired' | 'rejected' | 'consent' | 'sampled_out';

export interface Outbox {
  /** Collected since the last report was made. */
  readonly _items: Item[];
  /** Unanswered reports, oldest first. */
  readonly _queue: Entry[];
  /** Reports that arrived, and items that were let go, in this page life. */
  _acknowledged: number;
  _dropped: number;
  _add<L extends keyof Items>(list: L, item: Loose<Items[L]>): void;
  _emit: Emit;
  _drop(reason: string, count: number): void;
  /** Drops that a report told of which did not arrive: they are to be told again. */
  _retell(drops: Report['dropped']): void;
  /** Of the next report. */
  _seq: number;
  /** A report of these items. */
  _report(part: Item[]): Entry;
  /** Queues everything collected, as reports that each fit the wire's limits; `later/packing.ts` bounds their bytes, too. */
  _pack(): void;
  /** Takes a report off the queue; false when it was gone. */
  _remove(entry: Entry): unknown;
  /** The collector answered, or on exit the browser took it. */
  _delivered(entry: Entry): void;
  /** The text of a report, as of now. */
  _body(entry: Entry): string;
  /** Hands what it can to the browser at once, as when the page may end. */
  _send(): void;
  /** Lets everything go, for this reason. */
  _clear(reason: DropReason): void;
}

export interface Identity {
  app: string;
  release: string | undefined;
  session: () => string;
  device: () => Device;
  /** Where reports go, with the key: a beacon cannot set headers. */
  url: string;
}

export type Emit = <E extends keyof MonitorEvents>(event: E, value: MonitorEvents[E]) => void;

/** Bytes of beacons in flight: of all monitors of the page, for it is one page that they leave room. */
let flying = 0;

export function createOutbox(
  host: Host,
  { url, device, session, ...identity }: Identity,
  emit: Emit,
): Outbox {
  const items: Item[] = [];
  let drops: Record<string, number> | undefined;

  function report(part: Item[]): Entry {
    const lists: Record<string, unknown[]> = {};
    for (const [list, item] of part) {
      lists[list] ??= [];
      lists[list].push(item);
    }
    const dropped = drops;
    drops = undefined;
    return {
      _items: part,
      report: {
        v: 1,
        batch_id: randomId(),
        sent_at: host.epoch(), // until it is sent: when it was made
        sdk: `js/${SDK_VERSION}`,
        ...identity,
        session: session(),
        seq: outbox._seq++,
        dropped,
        device: device(),
        ...lists,
      } as Loose<Report> as Report,
    };
  }

  function beacon(entry: Entry): void {
    const body = outbox._body(entry);
    const bytes = body.length;
    if (flying + bytes > MOST_BYTES || !host.beacon(url, body)) return; // it stays queued
    flying += bytes;
    host.after(BEACON_FLIGHT_MS, () => {
      flying -= bytes;
    });
    outbox._delivered(entry);
  }

  const outbox: Outbox = {
    _emit: emit,
    _report: report,
    _items: items,
    _queue: [],
    _seq: 0,
    _acknowledged: 0,
    _dropped: 0,
    _add(list, item) {
      emit(list.slice(0, -1) as 'window', item as Loose<Window> as Window);
      if (items.length < MOST_ITEMS && outbox._queue.length < MOST_REPORTS)
        items.push([list, item as Loose<Window> as Window]);
      else outbox._drop('queue_full', 1);
    },
    _drop(reason, count) {
      outbox._retell({ [reason]: count });
      outbox._dropped += count;
      emit('dropped', { reason, count });
    },
    _retell(told) {
      // Not `in`: a page may have given all objects something more.
      for (const [reason, count = 0] of Object.entries(told ?? {})) {
        drops ??= {};
        drops[reason] = (drops[reason] ?? 0) + count;
      }
    },
    _pack() {
      // In this order: on exit the browser may stop the script anywhere, and the next listener begins anew.
      for (let i = 0; items[i]; i += MOST_ITEMS_A_REPORT)
        outbox._queue.push(report(items.slice(i, i + MOST_ITEMS_A_REPORT)));
      items.length = 0;
    },
    _remove(entry) {
      const at = outbox._queue.indexOf(entry);
      return at >= 0 && outbox._queue.splice(at, 1);
    },
    _delivered(entry) {
      if (!outbox._remove(entry)) return;
      outbox._acknowledged++;
      emit('report', entry.report);
    },
    _body: ({ report }) => JSON.stringify({ ...report, sent_at: host.epoch() }),
    _send() {
      // Offline the browser would take a beacon and lose it; queued it has a chance if the page lives on.
      // Newest first: the last minute says most, and the room is small.
      if (host.online()) for (const entry of [...outbox._queue].reverse()) beacon(entry);
    },
    _clear(reason) {
      outbox._pack();
      for (const { _items } of outbox._queue.splice(0)) outbox._drop(reason, _items.length);
    },
  };
  return outbox;
}
