/**
 * Reports in IndexedDB, for the next page life: after a crash, an exit without a network, a beacon that was refused,
 * or while the collector is down. Written during life and not on exit: nothing that is awaited there happens.
 *
 * A page life owns what it writes, and holds a Web Lock of its name while it is visible. What belongs to nobody who
 * lives is taken over, and sent like reports of its own. Should two pages send one report, its batch_id tells the
 * collector: no lock is what keeps it from being stored twice, only from being sent twice.
 */

import type { Page } from '../core/monitor.js';
import type { Entry } from '../core/outbox.js';
import type { Report, Window } from '../generated/report.js';
import type { checkpoints } from './checkpoint.js';

const STORE = 'reports';
const MOST_BYTES = 256 * 1024;
const EXPIRES_MS = 24 * 3600 * 1000;
const BEAT_MS = 10_000;
const MOST_TAKEN = 16; // at a time: new reports need room in the outbox, too
const GRACE_MS = 5_000; // a beacon of its owner may be on its way
const GRACE_WITHOUT_LOCKS_MS = 60_000; // its owner may live, and send it
const HANGS_MS = 1_000;

/** Not shortened by the build: another version of the SDK reads it. */
interface Row {
  report: Report; // its batch_id is the key
  /** The collector's URL. */
  to: string;
  owner: string;
  /** Epoch milliseconds. */
  at: number;
}

export interface Offline {
  /** Writes what the outbox has now and removes what it has no more. Resolves when done, failed or hanging. */
  _keep(): Promise<void>;
}

const bytesOf = (report: Report): number => JSON.stringify(report).length;
const itemsOf = (report: Report): Entry['_items'] => Object.values(report).filter(Array.isArray).flat();

/** `checkpointsOf` is handed over: its file belongs to `later`, which is there already. */
export function startOffline(
  page: Page,
  send: () => Promise<void>,
  checkpointsOf: typeof checkpoints,
): Offline {
  const { host, _outbox: outbox, _endpoint: to } = page;
  const { _queue: queue } = outbox;
  const { document } = globalThis;
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  const owner = `inferfleet ${page._randomId()}`;
  /** Bytes by batch_id of what this page owns. */
  const kept = new Map<string, number>();
  let others = 0; // bytes of what it does not
  let db: IDBDatabase | undefined;
  let opened = false; // once: what is denied or hangs is not asked for again
  let release: (() => void) | undefined;
  let visible = false;
  let beating = false;
  let beats = 0;
  let drawn = 0;
  const checkpoint = checkpointsOf(page, ({ report }) => kept.delete(report.batch_id));

  function open(): void {
    opened = true;
    const request = indexedDB.open(`inferfleet:${page._options.app}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'report.batch_id' });
    // Without an answer, or with an error (denied, spoilt, of a newer version), reports live as long as the page.
    request.onsuccess = () => {
      db = request.result;
      db.onclose = close;
      db.onversionchange = ({ newVersion }) => {
        if (!newVersion) {
          kept.clear(); // the visitor's answer: `forget.ts`
          checkpoint._forget();
        }
        close();
      };
      keep();
    };
  }

  function close(): void {
    db?.close();
    db = undefined;
    opened = false;
  }

  /** Resolves when a transaction has ended. What storage does not take is sent all the same. */
  function transact(step: (store: IDBObjectStore) => void): Promise<boolean> {
    try {
      const transaction = db?.transaction(STORE, 'readwrite', { durability: 'relaxed' });
      if (!transaction) return Promise.resolve(false);
      return new Promise((resolve) => {
        host.after(HANGS_MS, () => resolve(true));
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false);
        step(transaction.objectStore(STORE));
      });
    } catch {
      close(); // it is closing, or was deleted
      return Promise.resolve(false);
    }
  }

  async function keep(beat?: boolean): Promise<void> {
    if (!db) return;
    const rows: Row[] = [];
    const row = (report: Report): boolean => {
      const bytes = bytesOf(report);
      let total = others + bytes;
      for (const each of kept.values()) total += each;
      if (total > MOST_BYTES) return false;
      kept.set(report.batch_id, bytes);
      rows.push({ report, to, owner, at: host.epoch() });
      return true;
    };
    const fresh = queue.filter(({ report }) => !kept.has(report.batch_id));
    const before = checkpoint._id;
    if (release && (beat || (before && fresh[0]))) {
      const draft = checkpoint._draw();
      let count = 0;
      for (const [, item] of draft?._items ?? []) count += (item as Window).count ?? 1;
      const changed = count !== drawn || !before || fresh[0];
      drawn = count;
      // What is packed now must not stay in an older checkpoint.
      if (changed && !(draft && row(draft.report)) && fresh[0]) checkpoint._forget();
    }
    for (const entry of fresh) {
      entry._attempted = true; // what is kept stays as it is
      row(entry.report);
    }
    const gone = [...kept.keys()].filter(
      (id) => id !== checkpoint._id && !queue.some(({ report }) => report.batch_id === id),
    );
    if (!rows[0] && !gone[0]) return;
    for (const id of gone) kept.delete(id);
    const done = await transact((store) => {
      for (const each of rows) store.put(each);
      for (const id of gone) store.delete(id);
      store.transaction.commit?.(); // the page may end now
    });
    if (done) return;
    for (const { report } of rows) kept.delete(report.batch_id);
    // The quota is used up: an older checkpoint must not outlive what it covers.
    const stale = checkpoint._id;
    checkpoint._forget();
    if (stale) await transact((store) => store.delete(stale));
  }

  /** Takes over what belongs to nobody who lives. */
  async function adopt(): Promise<void> {
    const living = new Set<string | undefined>([owner]);
    if (locks) for (const { name } of (await locks.query()).held ?? []) living.add(name);
    const grace = locks ? GRACE_MS : GRACE_WITHOUT_LOCKS_MS;
    let taken = 0;
    let total = 0;
    await transact((store) => {
      store.getAll().onsuccess = ({ target }) => {
        if (!page._enabled()) return;
        others = 0;
        // The newest first: it is the oldest that is let go.
        for (const row of (target as IDBRequest<Row[]>).result.sort((a, b) => b.at - a.at)) {
          const { report } = row;
          const age = Math.abs(host.epoch() - row.at); // clocks are set back, too
          const left = age > grace && !living.has(row.owner);
          const bytes = bytesOf(report);
          const _items = itemsOf(report);
          total += bytes;
          const reason = !(age < EXPIRES_MS) ? 'expired' : total > MOST_BYTES && 'queue_full';
          if (reason) {
            store.delete(report.batch_id);
            if (left) outbox._drop(reason, _items.length);
          } else if (left && row.to === to && queue.length < MOST_TAKEN) {
            store.put({ ...row, owner });
            kept.set(report.batch_id, bytes);
            queue.unshift({ _items, report, _attempted: true });
            taken++;
          } else if (row.owner !== owner) others += bytes;
        }
      };
    });
    if (taken) await send();
  }

  function beat(): void {
    if (beating || !page._enabled() || document?.hidden) return;
    beating = true;
    host.after(Math.min(BEAT_MS, 1_000 * 2 ** ++beats), () => {
      beating = false;
      const enabled = page._enabled();
      if (enabled && !opened) open();
      keep(enabled)
        .then(() => (enabled && (others || beats % 6 === 3) ? adopt() : undefined))
        .catch(page.fault);
      beat();
    });
  }

  function show(): void {
    visible = true;
    beat();
    // A worker has no page life of its own to end the lock with, and a hidden page would be kept from freezing and
    // from the back-forward cache by it.
    if (locks && document && !release)
      locks
        .request(owner, () => visible && new Promise<void>((resolve) => (release = resolve)))
        .catch(() => undefined); // denied, or the page is ending: it goes without checkpoints
  }

  const sendBeacons = outbox._send;
  outbox._send = () => {
    sendBeacons();
    keep();
  };
  host.visibility(() => {
    visible = false;
    release?.();
    release = undefined;
  }, show);
  open();
  if (!document?.hidden) show();
  return {
    _keep() {
      beat();
      return keep();
    },
  };
}
