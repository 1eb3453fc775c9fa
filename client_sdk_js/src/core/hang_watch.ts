/**
 * Tells when a result that somebody waits for does not come: after a lost WebGL context `data()` never settles.
 * One timer for the whole page, so that a prediction costs two map operations.
 */

import type { Host } from './host.js';

export interface HangWatch {
  waiting(what: object, hung: () => void): void;
  /** Whether it was waited for. */
  settled(what: object): boolean;
  /** How many are waited for now. */
  pending(): number;
}

export function hangWatch(host: Host, limitMs: number): HangWatch {
  const waits = new Map<object, { since: number; hung: () => void }>();
  let armed = false;

  function arm(ms: number): void {
    armed = true;
    const due = host.now() + ms;
    host.after(ms, () => {
      armed = false;
      // A timer this late means that the machine or the tab slept, and its results with it: start anew.
      const slept = host.now() - due > limitMs / 2;
      for (const [what, wait] of waits) {
        if (slept) wait.since = host.now();
        else if (host.now() - wait.since < limitMs)
          break; // insertion order is order of age
        else {
          waits.delete(what);
          wait.hung();
        }
      }
      const oldest = waits.values().next().value;
      if (oldest) arm(Math.max(50, limitMs - (host.now() - oldest.since)));
    });
  }

  return {
    waiting(what, hung) {
      waits.delete(what);
      waits.set(what, { since: host.now(), hung });
      if (!armed) arm(limitMs);
    },
    settled: (what) => waits.delete(what),
    pending: () => waits.size,
  };
}
