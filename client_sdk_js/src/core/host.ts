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
  idle(fn: () => void): void;
  /** undefined where storage is denied. */
  storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  fetch: typeof fetch;
  /** False when the browser does not take the beacon. */
  beacon(url: string, body: string): boolean;
  /** False when the browser knows that it is offline. */
  online(): boolean;
  /** Calls `hide` when the page may be about to end, `show` when it comes back. Returns what detaches both. */
  visibility(hide: () => void, show: () => void): () => void;
}

/** The browser around us. Reads globals when it is called, never on import, so that a server can import the SDK. */
export function browserHost(): Host {
  return {
    now: () => performance.now(),
    epoch: () => Date.now(),
    random: () => Math.random(),
    after: (ms, fn) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
    idle: (fn) => {
      const whenIdle = () =>
        'requestIdleCallback' in globalThis
          ? requestIdleCallback(fn, { timeout: 5_000 })
          : setTimeout(fn, 200);
      // Before `load` the page is busy with what its visitor came for.
      if (globalThis.document && document.readyState !== 'complete') {
        addEventListener('load', whenIdle, { once: true });
      } else whenIdle();
    },
    storage: localStorageIfAllowed(),
    fetch: (input, init) => fetch(input, init),
    // A string is sent as text/plain: no preflight, which a beacon could not make.
    beacon: (url, body) => !!globalThis.navigator?.sendBeacon?.(url, body),
    online: () => globalThis.navigator?.onLine !== false,
    visibility(hide, show) {
      // A worker has no page life of its own to watch.
      if (!globalThis.document) return () => undefined;
      // Safari may skip one of the two on the way out, so both are listened to.
      const changed = () => (document.visibilityState === 'hidden' ? hide : show)();
      document.addEventListener('visibilitychange', changed);
      addEventListener('pagehide', hide);
      addEventListener('pageshow', show);
      return () => {
        document.removeEventListener('visibilitychange', changed);
        removeEventListener('pagehide', hide);
        removeEventListener('pageshow', show);
      };
    },
  };
}

/** Merely reading `localStorage` throws where cookies are blocked. */
function localStorageIfAllowed(): Host['storage'] {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** 22 random characters: names a batch, a session or an install, and nothing else. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(22));
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return Array.from(bytes, (byte) => alphabet[byte & 63]).join('');
}
