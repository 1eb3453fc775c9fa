/**
 * Sends reports until the collector answers. One at a time, oldest first; the same batch_id on every attempt, so
 * that a retry after a lost answer is stored once. On exit everything still unanswered goes by beacon.
 */

import type { Report, ReportAnswer } from '../generated/report.js';
import type { Host } from './host.js';
import { type Emit, itemCount, MOST_BYTES, type Outbox } from './outbox.js';

const MOST_QUEUED_BYTES = 256 * 1024;
const EXPIRES_MS = 24 * 3600 * 1000; // the collector refuses items over 48 hours old
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;
const LONGEST_WAIT_ASKED_MS = 3600_000;
const TIMEOUT_MS = 30_000;
const BEACON_FLIGHT_MS = 10_000;

interface Entry {
  report: Report;
  bytes: number;
  queuedAt: number;
  attempted: boolean;
}

export interface Delivery {
  enqueue(reports: Report[]): void;
  /** Sends what is queued, unless a pause is being kept. Resolves when all is answered or an attempt failed. */
  send(): Promise<void>;
  /** The page may end: hands what it can to the browser, at once. */
  exit(): void;
  queued(): number;
  acknowledged(): number;
  clear(): void;
}

interface Options {
  host: Host;
  outbox: Outbox;
  endpoint: string;
  key: string | undefined;
  emit: Emit;
  /** Told of the config's ETag in an answer. */
  onConfigEtag: (etag: string) => void;
}

export function createDelivery({ host, outbox, endpoint, key, emit, onConfigEtag }: Options): Delivery {
  // The key is in the query because a beacon cannot set headers.
  const url = `${endpoint}/v1/report${key ? `?key=${encodeURIComponent(key)}` : ''}`;
  let queue: Entry[] = [];
  let sending: Promise<void> = Promise.resolve(); // one request at a time
  let cancelRetry: (() => void) | undefined;
  let failures = 0;
  let acknowledged = 0;
  let beaconBytes = 0;

  const body = ({ report }: Entry) => JSON.stringify({ ...report, sent_at: host.epoch() });

  const remove = (entry: Entry): boolean => {
    const before = queue.length;
    queue = queue.filter((other) => other !== entry);
    return queue.length < before;
  };

  function letGo(entry: Entry, reason: 'queue_full' | 'rejected' | 'expired'): void {
    if (!remove(entry)) return;
    // What an undelivered report said about drops is still to be said.
    outbox.retell(entry.report.dropped);
    outbox.drop(reason, itemCount(entry.report));
  }

  function delivered(entry: Entry): void {
    if (!remove(entry)) return;
    acknowledged++;
    emit('report', entry.report);
  }

  /** Whether to go on with the next report. */
  async function attempt(entry: Entry): Promise<boolean> {
    entry.attempted = true;
    const abort = new AbortController();
    const cancel = host.after(TIMEOUT_MS, () => abort.abort());
    let response: Response | undefined;
    try {
      response = await host.fetch(url, {
        method: 'POST',
        body: body(entry), // a string is sent as text/plain: no CORS preflight before every report
        credentials: 'omit',
        signal: abort.signal,
      });
    } catch {
      // Offline, blocked or timed out: the report stays queued and is tried again.
    } finally {
      cancel();
    }
    const status = response?.status ?? 0;
    if (response?.ok) {
      failures = 0;
      delivered(entry);
      const answer = (await response.json().catch(() => undefined)) as ReportAnswer | undefined;
      if (answer?.config_etag) onConfigEtag(answer.config_etag);
      return true;
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      letGo(entry, 'rejected');
      return true;
    }
    failures++;
    const most = Math.min(LONGEST_RETRY_MS, SHORTEST_RETRY_MS * 2 ** failures);
    retryIn(askedWait(response) + Math.max(SHORTEST_RETRY_MS, host.random() * most));
    return false;
  }

  function askedWait(response: Response | undefined): number {
    const header = response?.headers.get('retry-after');
    if (!header) return 0;
    const ms = Number(header) * 1000 || Date.parse(header) - host.epoch();
    return Math.min(LONGEST_WAIT_ASKED_MS, Math.max(0, ms || 0));
  }

  function retryIn(ms: number): void {
    cancelRetry?.();
    cancelRetry = host.after(ms, () => {
      cancelRetry = undefined;
      void send();
    });
  }

  async function drain(): Promise<void> {
    for (let entry = queue[0]; entry; entry = queue[0]) {
      if (host.epoch() - entry.queuedAt > EXPIRES_MS) letGo(entry, 'expired');
      else if (!(await attempt(entry))) return;
    }
  }

  function send(): Promise<void> {
    // While a pause is kept, new reports wait too: the collector asked for it.
    sending = sending.then(() => (cancelRetry ? undefined : drain()));
    return sending;
  }

  const toEntry = (report: Report): Entry => ({
    report,
    bytes: JSON.stringify(report).length,
    queuedAt: host.epoch(),
    attempted: false,
  });

  /** Whether the browser took it. A report that no attempt was made on may go in halves. */
  function sendBeacon(entry: Entry): boolean {
    if (beaconBytes + entry.bytes <= MOST_BYTES && host.beacon(url, body(entry))) {
      beaconBytes += entry.bytes;
      host.after(BEACON_FLIGHT_MS, () => {
        beaconBytes -= entry.bytes;
      });
      delivered(entry);
      return true;
    }
    const halves = !entry.attempted && outbox.split(entry.report)?.map(toEntry);
    if (!halves) return false;
    queue.splice(queue.indexOf(entry), 1, ...halves);
    return halves.map(sendBeacon).includes(true);
  }

  return {
    enqueue(reports) {
      queue.push(...reports.map(toEntry));
      let total = queue.reduce((sum, { bytes }) => sum + bytes, 0);
      for (const entry of [...queue]) {
        if (total <= MOST_QUEUED_BYTES) break;
        total -= entry.bytes;
        letGo(entry, 'queue_full');
      }
    },
    send,
    exit() {
      // Offline the browser would take a beacon and lose it; queued it has a chance if the page lives on.
      if (!host.online()) return;
      // Newest first: the last minute says most, and the room is small.
      for (const entry of [...queue].reverse()) sendBeacon(entry);
    },
    queued: () => queue.length,
    acknowledged: () => acknowledged,
    clear() {
      queue = [];
      cancelRetry?.();
    },
  };
}
