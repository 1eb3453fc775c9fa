/** What the SDK asks of the page it lives in: clocks, chance, storage, the network. Tests inject their own. */

export interface Host {
  /** Monotonic milliseconds, for durations. */
  now(): number;
  /** Epoch milliseconds, for the wire. */
  epoch(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Runs `fn` once, later. Returns what cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** Runs `fn` once, when the page is idle. */
  idle?(fn: () => void): void;
  /** Default `localStorage`, where it is allowed. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & Partial<Pick<Storage, 'key' | 'length'>>;
  /** Default the page's own. */
  fetch?: typeof fetch;
  /** False when the browser does not take the beacon. */
  beacon(url: string, body: string): boolean;
  /** False when the browser knows that it is offline. */
  online(): boolean;
  /** Whether nobody sees the page now: hidden, or prerendered and not activated yet. */
  hidden(): boolean | undefined;
  /** Whether the browser made the page ahead of a visit that may never come. */
  prerendering(): boolean | undefined;
  /** Calls `hide` when the page may be about to end, `show` when it comes back. Returns what detaches both. */
  visibility(hide: () => void, show: () => void): () => void;
}

/** The browser around us. Reads globals when it is called, never on import, so that a server can import the SDK. */
export const browserHost: Host = {
  now: () => performance.now(),
  epoch: () => Math.round(Date.now()), // a page that goes by its server's time may make it a fraction
  random: Math.random,
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
  // A string is sent as text/plain: no preflight, which a beacon could not make.
  beacon: (url, body) => navigator.sendBeacon?.(url, body),
  online: () => navigator.onLine,
  hidden: () => globalThis.document?.hidden,
  prerendering: () => (globalThis.document as { prerendering?: boolean } | undefined)?.prerendering,
  visibility(hide, show) {
    const stop = new AbortController();
    // A worker has no page life of its own to watch.
    if (globalThis.document) {
      // Safari may skip one of the two on the way out, so both are listened to.
      document.addEventListener(
        'visibilitychange',
        () => {
          try {
            (document.hidden ? hide : show)();
          } catch {
            // A page may have replaced what tells.
          }
        },
        stop,
      );
      addEventListener('pagehide', hide, stop);
      // Firefox stops a script that is at work when its tab is closed, and then runs the next listener.
      addEventListener('pagehide', () => hide(), stop);
    }
    return () => stop.abort();
  },
};

/** 22 random characters: names a batch, a session or an install, and nothing else. */
export const randomId = (): string =>
  // Not randomUUID: plain http has none. Not Array.from: that of Prototype.js takes no function. 0 to 3 come a little
  // more often than the rest, which does no harm.
  crypto.getRandomValues(new Uint8Array(22)).reduce((id, byte) => id + (byte % 36).toString(36), '');
