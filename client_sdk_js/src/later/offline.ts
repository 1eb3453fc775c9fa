/**
 * Reports in IndexedDB, for the next page life: after a crash, an exit without a network, a beacon that was refused,
 * or while the collector is down. Written during life and not on exit: nothing that is awaited there happens.
 *
 * A page life owns what it writes, and holds a Web Lock of its name while it is visible. What belongs to nobody who
 * lives is taken over, and sent like reports of its own. Should two pages send one report, its batch_id tells the
 * collector: no lock is what keeps it from being stored twice, only from being sent twice.
 */

import type { Entry } from '../core/outbox.js';
import type { Page } from '../core/page.js';
import type { Report } from '../generated/report.js';
import type { checkpoints } from './checkpoint.js';
import type { ageOfKept } from './kept_times.js';

const STORE = 'reports';
const MOST_BYTES = 256 * 1024;
const EXPIRES_MS = 24 * 3600 * 1000;
const BEAT_MS = 5_000;
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

const NOTHING = (): void => undefined;
/** Never, when the request fails or hangs: a failed one ends its transaction, too. */
const event = (request: IDBRequest): Promise<Event> =>
  new Promise((resolve) => {
    request.onsuccess = (request as IDBOpenDBRequest).onupgradeneeded = resolve;
  });
const bytesOf = (report: Report): number => JSON.stringify(report).length;

/** `checkpointsOf` and `ageOf` are handed over: their files belong to `later`, which is there already. */
export function startOffline(
  page: Page,
  send: () => Promise<void>,
  checkpointsOf: typeof checkpoints,
  ageOf: typeof ageOfKept,
): Offline {
  const { host, fault, _outbox: outbox, _endpoint: to } = page;
  const { _queue: queue } = outbox;
  const { document } = globalThis;
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  const owner = `inferfleet:${page._randomId()}`;
  /** Bytes by batch_id of what this page owns; 0 when it is kept as it was, and has more in it by now. */
  const kept = new Map<string, number>();
  let others = 0; // bytes of what it does not
  let db: IDBDatabase | undefined;
  let opened = false; // once: what is denied or hangs is not asked for again
  let release: (() => void) | undefined;
  let beating = false;
  let beats = 0;
  const checkpoint = checkpointsOf(page, ({ report }) => kept.set(report.batch_id, 0));

  async function open(): Promise<void> {
    opened = true;
    const request = indexedDB.open(`inferfleet:${page._options.app}`, 1);
    if ((await event(request)).type === 'upgradeneeded') {
      request.result.createObjectStore(STORE, { keyPath: 'report.batch_id' });
      await event(request);
    }
    db = request.result;
    // In a task of the host's, since the browser tells the page of what an event's listener throws.
    db.onversionchange = ({ newVersion }) =>
      host.after(0, () => {
        if (!newVersion) {
          kept.clear(); // the visitor's answer: `forget.ts`
          checkpoint._forget();
        }
        close();
      });
    await keep();
  }

  function close(): void {
    db?.close();
    db = undefined;
    opened = false;
  }

  /** Resolves when a transaction has ended, to whether it was done. What storage does not take is sent all the same. */
  async function transact(step: (store: IDBObjectStore) => Promise<void> | void): Promise<unknown> {
    try {
      const transaction = db?.transaction(STORE, 'readwrite');
      if (transaction)
        return await new Promise((resolve, reject) => {
          host.after(HANGS_MS, () => resolve(true));
          transaction.oncomplete = resolve;
          transaction.onabort = () => resolve(false);
          step(transaction.objectStore(STORE))?.catch(reject);
        });
    } catch {
      close(); // it is closing, was deleted, or holds what nobody of us wrote
    }
    return false;
  }

  const keep = (beat?: boolean): Promise<void> => write(beat).catch(fault);

  async function write(beat?: boolean): Promise<void> {
    if (!db) return;
    const fresh = queue.filter(({ report }) => !kept.get(report.batch_id));
    // When more was packed, an older checkpoint is to be made anew before that is sent.
    const wanted = release && (beat || (checkpoint._id && fresh[0]));
    const draft = wanted && checkpoint._draw(fresh[0]);
    const gone = [...kept.keys()].filter(
      (id) => id !== checkpoint._id && !queue.some(({ report }) => report.batch_id === id),
    );
    if (!draft && !fresh[0] && !gone[0]) return;
    const done = await transact((store) => {
      const remove = (id: string) => kept.delete(id) && store.delete(id);
      const put = (report: Report) => {
        const bytes = bytesOf(report);
        let left = MOST_BYTES - others - bytes;
        for (const each of kept.values()) left -= each;
        if (left < 0) return remove(report.batch_id);
        kept.set(report.batch_id, bytes);
        store.put({ report, to, owner, at: host.epoch() } satisfies Row);
      };
      gone.forEach(remove);
      if (draft) put(draft);
      for (const entry of fresh) {
        entry._attempted = true; // what is kept stays as it is
        put(entry.report);
      }
      store.transaction.commit(); // the page may end now
    });
    if (done) return;
    // The quota is used up, perhaps. An older checkpoint must not outlive what it covers.
    const stale = checkpoint._id;
    checkpoint._forget();
    kept.clear();
    if (stale) await transact((store) => void store.delete(stale));
  }

  /** Takes over what belongs to nobody who lives. */
  async function adopt(): Promise<void> {
    if (!db) return; // a page that may keep nothing may not ask for locks either
    const held = (await locks?.query())?.held ?? [];
    const living = [owner, ...held.map(({ name }) => name)];
    let total = 0;
    await transact(async (store) => {
      const all: IDBRequest<Row[]> = store.getAll();
      await event(all);
      if (!page._enabled()) return;
      others = 0;
      // The newest first: it is the oldest that is let go.
      for (const row of all.result.sort((a, b) => b.at - a.at)) {
        const { report } = row;
        const age = ageOf(row, host.epoch());
        const left = age > (locks ? GRACE_MS : GRACE_WITHOUT_LOCKS_MS) && !living.includes(row.owner);
        const bytes = bytesOf(report);
        const _items: Entry['_items'] = Object.values(report).filter(Array.isArray).flat();
        total += bytes;
        const reason = age < EXPIRES_MS ? total > MOST_BYTES && 'queue_full' : 'expired';
        if (reason) {
          store.delete(report.batch_id);
          if (left) outbox._drop(reason, _items.length);
        } else if (left && row.to === to && queue.length < MOST_TAKEN) {
          store.put({ ...row, owner });
          kept.set(report.batch_id, bytes);
          queue.unshift({ _items, report, _attempted: true });
        } else if (row.owner !== owner) others += bytes;
      }
    });
    if (queue[0]) await send();
  }

  function beat(): void {
    if (beating || document?.hidden || !page._enabled()) return;
    beating = true;
    if (!opened) open().catch(NOTHING); // denied: reports live as long as the page
    host.after(Math.min(BEAT_MS, 1_000 * 2 ** ++beats), () => {
      beating = false;
      // Once a minute, and whenever there is something of others. Before the next beat counts on.
      const looks = others || beats % 6 === 1;
      keep(page._enabled())
        .then((): unknown => looks && adopt())
        .catch(fault);
      beat();
    });
  }

  function show(): void {
    beat();
    // Not at once: a lock that is granted while the page goes into the back-forward cache throws it out of there. And a
    // hidden page would be kept from both by one, and from freezing; a worker cannot tell.
    host.after(1_000, () => {
      if (document?.hidden === false && !release)
        locks
          ?.request(owner, () => document.hidden || new Promise<void>((resolve) => (release = resolve)))
          .catch(NOTHING); // denied, or the page is ending: then there are no checkpoints
    });
  }

  const sendBeacons = outbox._send;
  outbox._send = () => {
    sendBeacons();
    keep();
  };
  host.visibility(() => {
    release?.();
    release = undefined;
  }, show);
  show();
  return {
    _keep() {
      beat();
      return keep();
    },
  };
}
