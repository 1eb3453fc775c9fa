/** Collects items until they are packed into reports, and counts what had to be let go. */

import type { Device, Exposure, Incident, Load, Report, Stage, Window } from '../generated/report.js';
import { type Host, randomId } from './host.js';
import type { MonitorEvents } from './options.js';

declare const SDK_VERSION: string; // the bundler puts the package's version here

/** The item lists of a report, with the most items that each may hold. */
export const LISTS = { windows: 64, loads: 32, incidents: 64, exposures: 32, stages: 64 } as const;
export type List = keyof typeof LISTS;
export interface Items {
  windows: Window;
  loads: Load;
  incidents: Incident;
  exposures: Exposure;
  stages: Stage;
}

/** Beacons share 64 KiB in flight with the host page: a report must leave it room. */
export const MOST_BYTES = 16 * 1024;
const MOST_ITEMS = 500;

export type DropReason = 'queue_full' | 'too_large' | 'expired' | 'rejected' | 'sampled_out' | 'sdk_error';

export interface Outbox {
  add<L extends List>(list: L, item: Items[L]): void;
  /** Repeats of one incident become a count. */
  incident(item: Incident): void;
  drop(reason: DropReason, count: number): void;
  /** Drops that a report told of which did not arrive: they are to be told again. */
  retell(drops: Report['dropped']): void;
  dropped(): number;
  /** Two reports in place of one that was never sent; undefined when it holds one item. */
  split(report: Report): Report[] | undefined;
  /** Everything collected, as reports that each fit the wire's limits. */
  pack(): Report[];
  /** Forgets everything collected. */
  clear(): void;
}

export interface Identity {
  app: string;
  release: string | undefined;
  session: string;
  device: () => Device;
}

export type Emit = <E extends keyof MonitorEvents>(event: E, value: MonitorEvents[E]) => void;

/** The number of items in a report. */
export const itemCount = (report: Report): number =>
  (Object.keys(LISTS) as List[]).reduce((sum, list) => sum + (report[list]?.length ?? 0), 0);

export function createOutbox(host: Host, identity: Identity, emit: Emit): Outbox {
  let items: [List, Items[List]][] = [];
  let incidents = new Map<string, Incident>();
  let drops: Record<string, number> = {};
  let droppedInAll = 0;
  let seq = 0;

  function drop(reason: DropReason, count: number): void {
    drops[reason] = (drops[reason] ?? 0) + count;
    droppedInAll += count;
    emit('dropped', { reason, count });
  }

  function add<L extends List>(list: L, item: Items[L]): void {
    emit(list.slice(0, -1) as 'window', item as Window);
    if (items.length < MOST_ITEMS) items.push([list, item]);
    else drop('queue_full', 1);
  }

  function report(part: typeof items): Report {
    const lists: Partial<Record<List, Items[List][]>> = {};
    for (const [list, item] of part) {
      lists[list] ??= [];
      lists[list].push(item);
    }
    const dropped = drops;
    drops = {};
    return {
      v: 1,
      batch_id: randomId(),
      sent_at: host.epoch(),
      sdk: `js/${SDK_VERSION}`,
      app: identity.app,
      ...(identity.release && { release: identity.release }),
      session: identity.session,
      seq: seq++,
      ...(Object.keys(dropped).length && { dropped }),
      device: identity.device(),
      ...lists,
    } as Report;
  }

  function packPart(part: typeof items): Report[] {
    const packed = report(part);
    const tooMany = (Object.keys(LISTS) as List[]).some((list) => (packed[list]?.length ?? 0) > LISTS[list]);
    if (!tooMany && JSON.stringify(packed).length <= MOST_BYTES) return [packed];
    // Not this way: its number and its drops go to the parts.
    seq--;
    drops = packed.dropped ?? {};
    if (part.length === 1) {
      drop('too_large', 1);
      return [];
    }
    const middle = part.length >> 1;
    return [...packPart(part.slice(0, middle)), ...packPart(part.slice(middle))];
  }

  return {
    add,
    incident(item) {
      const key = [item.model, item.variant, item.backend, item.kind, item.error].join();
      const known = incidents.get(key);
      if (known) {
        known.count = (known.count ?? 1) + 1;
        emit('incident', known);
      } else if (items.length < MOST_ITEMS) {
        const first = { ...item };
        incidents.set(key, first);
        add('incidents', first);
      }
    },
    drop,
    retell(told) {
      for (const [reason, count] of Object.entries(told ?? {})) drops[reason] = (drops[reason] ?? 0) + count;
    },
    dropped: () => droppedInAll,
    split(whole) {
      const part = (Object.keys(LISTS) as List[]).flatMap((list) =>
        (whole[list] ?? []).map((item): [List, Items[List]] => [list, item]),
      );
      if (part.length < 2) return undefined;
      const middle = part.length >> 1;
      const halves = [report(part.slice(0, middle)), report(part.slice(middle))];
      return halves.map((half, i) => (i || !whole.dropped ? half : { ...half, dropped: whole.dropped }));
    },
    pack() {
      const all = items;
      items = [];
      incidents = new Map();
      return all.length ? packPart(all) : [];
    },
    clear() {
      items = [];
      incidents = new Map();
    },
  };
}
