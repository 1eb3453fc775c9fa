/**
 * Sends reports until the collector answers. One at a time, oldest first; the same batch_id on every attempt, so
 * that a retry after a lost answer is stored once. On exit `core/outbox.ts` hands everything still unanswered over.
 */

import type { Host } from '../core/host.js';
import type { DropReason, Entry, Outbox } from '../core/outbox.js';
import type { ReportAnswer } from '../generated/report.js';
import { zip } from './gzip.js';
import { tellMoved } from './refusal.js';
import { deliveryTrouble, type Trouble } from './trouble.js';

const MOST_QUEUED_BYTES = 256 * 1024;
const EXPIRES_MS = 24 * 3600 * 1000; // the collector refuses items over 48 hours old
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;
const LONGEST_WAIT_ASKED_MS = 3600_000;
const TIMEOUT_MS = 30_000;
const MOST_ARRIVING = 32; // reports, while the queue is sent

export interface Delivery {
  /** Sends what is queued, unless a pause is being kept. Resolves when all is answered or an attempt failed. */
  _send(): Promise<void>;
}

interface Options {
  host: Host;
  outbox: Outbox;
  url: string;
  /** Told of the config's ETag in an answer. */
  onConfigEtag: (etag: string) => void;
  fault: (error: unknown) => void;
  /** Told of what keeps reports from arriving. */
  trouble?: Trouble;
  /** Keeps what is queued for the next page life, and forgets what is not. Never rejects, and takes a second at most. */
  keep?: () => Promise<void> | undefined;
}

export function createDelivery({
  host,
  outbox,
  url: asked,
  onConfigEtag,
  fault,
  trouble = deliveryTrouble(host, asked),
  keep = async () => undefined,
}: Options): Delivery {
  const { _queue: queue } = outbox;
  const post = host.fetch ?? ((input, init) => fetch(input, init));
  let sending: Promise<void> = Promise.resolve(); // one request at a time
  let cancelRetry: (() => void) | undefined;
  let failures = 0;
  let zips = true;
  let plain = false; // the next attempt, since the last one was zipped and got no answer
  let blamed = 0; // how often that helped
  let url = asked;

  function letGo(entry: Entry, reason: DropReason): void {
    if (!outbox._remove(entry)) return;
    // What an undelivered report said about drops is still to be said.
    outbox._retell(entry.report.dropped);
    outbox._drop(reason, entry._items.length);
  }

  /** Whether to go on with the next report. */
  async function attempt(entry: Entry): Promise<boolean> {
    entry._attempted = true;
    const text = outbox._body(entry);
    const body = zips && !plain ? await zip(host, text) : text;
    if (!queue.includes(entry)) return true; // it went on exit meanwhile, or consent did
    let cancel: (() => void) | undefined;
    let response: Response | undefined;
    let answer: ReportAnswer | undefined;
    try {
      const abort = new AbortController();
      const late = new Promise<never>((_, reject) => {
        cancel = host.after(TIMEOUT_MS, () => {
          reject(); // first: a `fetch` that the page replaced may not heed the signal
          abort.abort();
        });
      });
      const sent = post(url, {
        method: 'POST',
        body, // sent as text/plain: no CORS preflight before every report
        credentials: 'omit',
        signal: abort.signal,
      });
      response = await Promise.race([sent, late]);
      // Within the time limit, too: a proxy can send the headers and keep the body.
      if (response.ok) answer = await Promise.race([response.json(), late]).catch(() => undefined);
    } catch {
      // Offline, blocked or timed out: the report stays queued and is tried again.
    } finally {
      cancel?.();
    }
    const status = response?.status ?? 0;
    // A page's own `fetch` may fail over what is no text. Twice is no chance: then it is plain for good.
    if (!status) plain = body !== text;
    else if (plain) {
      plain = false;
      if (++blamed > 1) zips = false;
    }
    // Of 200 and the like only what counts items is the collector's: a service worker's offline page, a portal or an
    // application's index.html is none, and the report has not arrived.
    if (response?.ok && (status === 202 || typeof answer?.accepted === 'number')) {
      failures = 0;
      trouble.took(answer);
      outbox._delivered(entry);
      if (answer?.config_etag) onConfigEtag(answer.config_etag);
      return true;
    }
    if (response && moved(response)) return true;
    if (response?.ok) trouble.stranger(response);
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      if (body !== text) {
        zips = false; // an older collector, or something on the way, may not know gzip without a header: plain, then
        return true;
      }
      letGo(entry, 'rejected');
      if (response) trouble.refused(response);
      return true;
    }
    failures++;
    trouble.failed(status);
    const most = Math.min(LONGEST_RETRY_MS, SHORTEST_RETRY_MS * 2 ** failures);
    retryIn(askedWait(response) + Math.max(SHORTEST_RETRY_MS, host.random() * most));
    return false;
  }

  /**
   * Whether the collector is elsewhere, as a redirect says. Reports then go there: on the way a POST becomes a GET (301,
   * 302), and a page's origin is lost (any redirect across origins).
   */
  function moved({ redirected, url: there }: Response): boolean {
    if (!redirected || there === url || !/^https?:[^?#]*\/v1\/report\/?(?:[?#]|$)/.test(there)) return false;
    if (url === asked) {
      const { beacon } = host;
      host.beacon = (_, body) => beacon(url, body);
      tellMoved(asked, there);
    }
    url = there;
    return true;
  }

  function askedWait(response: Response | undefined): number {
    const header = response?.headers?.get('retry-after');
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
    if (host.prerendering()) return; // nor what earlier lives of the page left
    // Each report takes three rounds at most; what arrives meanwhile has room, too. Nothing may ask for ever.
    let rounds = 3 * (queue.length + MOST_ARRIVING);
    for (let entry = queue[0]; entry && rounds--; entry = queue[0]) {
      if (!entry._attempted) {
        // Before it is sent: a crash meanwhile must find it with its batch_id.
        await keep();
        entry._attempted = true; // and if it went on exit meanwhile, or consent did, it is not the first any more
      } else if (host.epoch() - entry.report.sent_at > EXPIRES_MS) letGo(entry, 'expired');
      else if (!(await attempt(entry))) return;
    }
  }

  function bound(): void {
    let bytes = 0;
    // Newest first: the oldest are let go.
    for (const entry of [...queue].reverse()) {
      bytes += JSON.stringify(entry.report).length;
      if (bytes > MOST_QUEUED_BYTES) letGo(entry, 'queue_full');
    }
  }

  function send(): Promise<void> {
    bound();
    // While a pause is kept, new reports wait too: the collector asked for it.
    sending = sending
      .then(() => (cancelRetry ? undefined : drain()))
      .catch(fault)
      .then(keep);
    return sending;
  }

  return { _send: send };
}
