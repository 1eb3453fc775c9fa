/**
 * Tells when a result that somebody waits for does not come: after a lost WebGL context `data()` never settles.
 * One timer for the whole page; a prediction only notes itself in the map of waits and takes itself out again.
 */

import type { Prediction } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { Subject, Waits, Watching } from '../core/watch.js';

/** Returns what starts the timer, unless it runs: to be called with every new wait. */
export function hangWatch(
  host: Host,
  waits: Waits,
  hung: (subject: Subject) => void,
  unseen: Watching['_unseen'],
  limitMs = 30_000,
): () => void {
  let armed = false;

  function arm(ms: number): void {
    if (armed) return;
    armed = true;
    const due = host.now() + ms;
    host.after(ms, () => {
      armed = false;
      // A timer this late means that the machine or the tab slept, and its results with it: start anew.
      const slept = host.now() - due > limitMs / 2;
      for (const [what, wait] of waits) {
        // Timers, GPU and network were held back meanwhile: its silence says nothing.
        if (unseen((what as Prediction).start)) waits.delete(what);
        else if (slept) wait._since = host.now();
        else if (host.now() - wait._since < limitMs)
          break; // insertion order is order of age
        else {
          waits.delete(what);
          hung(wait._subject);
        }
      }
      const oldest = waits.values().next().value;
      if (oldest) arm(Math.max(50, limitMs - (host.now() - oldest._since)));
    });
  }

  if (waits.size) arm(limitMs);
  return () => arm(limitMs);
}
