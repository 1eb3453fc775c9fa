/** When the panel is drawn anew: at most four times a second, and never while nobody can see it. */

const EVERY_MS = 250;
const SELDOM_MS = 1_000;
const MOST_SHARE = 0.004; // of the main thread: 1 ms in 250

export interface Refreshing {
  /** Draws now if it is to be drawn at all, and then again and again; to be called when that may have changed. */
  go(): void;
  stop(): void;
}

export function refreshing(isSeen: () => boolean, draw: () => void): Refreshing {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ended = new AbortController();

  function go(): void {
    clearTimeout(timer);
    if (ended.signal.aborted || document.hidden || !isSeen()) return;
    const began = performance.now();
    draw();
    // A slow machine, or a page with many models, is asked less often.
    const wanted = (performance.now() - began) / MOST_SHARE;
    timer = setTimeout(go, Math.max(EVERY_MS, Math.min(SELDOM_MS, wanted)));
  }

  document.addEventListener('visibilitychange', go, ended);
  return {
    go,
    stop() {
      ended.abort();
      clearTimeout(timer);
    },
  };
}
