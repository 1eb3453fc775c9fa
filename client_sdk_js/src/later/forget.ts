/** Removes what the SDK keeps in the browser, when consent is taken back. */

import type { Host } from '../core/host.js';

/** Forgets reports that were kept for another page life; open connections to them close by themselves. */
export function forgetReports(app: string): void {
  try {
    indexedDB.deleteDatabase(`inferfleet:${app}`);
  } catch {
    // Storage is denied, or there is none here: nothing was kept either.
  }
}

/** Forgets the reports that were not sent, the install id, the config, the device's facts, what was lost on it and what won on it; a later consent starts anew. */
export function forget(host: Host, app: string): void {
  forgetReports(app);
  for (const name of ['install', 'device', 'gpu_looked_at', `config:${app}`, `aside:${app}`, `race:${app}`]) {
    try {
      (host.storage ?? localStorage).removeItem(`inferfleet:${name}`);
    } catch {
      return; // storage is denied: then nothing was kept either
    }
  }
}
