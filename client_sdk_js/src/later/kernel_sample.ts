/** Which predictions are timed on the device itself: one in a thousand, and only while nothing else runs. */

import type { Page } from '../core/page.js';

const WARM_UP = 5; // as in core/watch.ts

/** Returns what is to be called when a model came under observation. */
export function kernelSamples({
  host,
  _options: options,
  _waits: waits,
  _watches: watches,
}: Page): () => void {
  const every = options.kernelEvery ?? 1_000;
  const seen = new WeakSet<object>();
  return () => {
    for (const { watch } of watches.values()) {
      if (!every || seen.has(watch)) continue;
      seen.add(watch);
      let next = WARM_UP + Math.floor(host.random() * every);
      watch._observer.wantsKernelTime = () => {
        if (watch._made < next || waits.size || !watch._results) return false;
        next = watch._made + every;
        return true;
      };
    }
  };
}
