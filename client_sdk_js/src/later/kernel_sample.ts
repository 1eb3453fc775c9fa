/** Predictions that are timed on the device itself: one in a thousand, and only while nothing else runs. */

import type { Observer } from '../core/adapter.js';
import type { Histogram } from '../core/histogram.js';
import type { Page } from '../core/page.js';
import type { OpenWindow, Timed } from '../core/watch.js';

const WARM_UP = 5; // as in core/watch.ts

/** Returns what is to be called when a model came under observation. */
export function kernelSamples({
  host,
  _options: options,
  _waits: waits,
  _watches: watches,
  _record: record,
  _encode: encode,
}: Page): () => void {
  const every = options.kernelEvery ?? 1_000;
  const seen = new WeakSet<object>();
  const times = new WeakMap<OpenWindow, Histogram>();
  return () => {
    for (const { watch } of watches.values()) {
      if (!every || seen.has(watch)) continue;
      seen.add(watch);
      let next = WARM_UP + Math.floor(host.random() * every);
      Object.assign(watch._observer, {
        wantsKernelTime() {
          if (watch._made < next || waits.size || !watch._results) return false;
          next = watch._made + every;
          return true;
        },
        kernelTimed(prediction: Timed) {
          prediction._spoilt = true;
        },
        kernel({ _window: window }: Timed, ms, method) {
          const known = times.get(window) ?? new Map();
          times.set(window, known);
          record(known, ms);
          Object.assign(window._item, { kernel_method: method, kernel_ms: encode(known) });
        },
      } satisfies Pick<Observer, 'wantsKernelTime' | 'kernelTimed' | 'kernel'> as Partial<Observer>);
    }
  };
}
