/** Sends soon what the page may not live long after: a lost device, a hang, memory running out. */

import type { Page } from '../core/page.js';
import type { Incident } from '../generated/report.js';

const URGENT_MS = 1_000;

/** Starts listening. */
export function sendUrgentSoon({ host, _listeners: listeners, _flush: flush }: Page): void {
  let soon = false;
  listeners.add({
    event: 'incident',
    listener({ kind }: Incident) {
      if (soon || /error|fallback/.test(kind)) return;
      soon = true;
      host.after(URGENT_MS, () => {
        soon = false;
        flush();
      });
    },
  });
}
