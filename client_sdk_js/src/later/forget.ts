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

/** Forgets the reports that were not sent, the install id, the config, the device's facts, what was lost on it, what killed it and what won on it; a later consent starts anew. */
export function forget(host: Host, app: string): void {
  forgetReports(app);
  const names = ['install', 'device', 'gpu_looked_at', `config:${app}`, `aside:${app}`, `race:${app}`];
  try {
    const storage = host.storage ?? localStorage;
    for (const name of [...names, `deaths:${app}`]) storage.removeItem(`inferfleet:${name}`);
    const crumbs = Array.from({ length: storage.length ?? 0 }, (_, i) => storage.key?.(i) ?? '');
    for (const name of crumbs) if (name.startsWith(`inferfleet:crumb:${app}:`)) storage.removeItem(name);
  } catch {
    // Storage is denied: then nothing was kept either.
  }
}
