/** Removes what the SDK keeps in the browser, when consent is taken back. */

import type { Host } from '../core/host.js';

/** Forgets the install id, the config, the device's facts and what was lost on it; a later consent starts anew. */
export function forget(host: Host, app: string): void {
  for (const name of ['install', 'device', 'gpu_looked_at', `config:${app}`, `aside:${app}`]) {
    try {
      (host.storage ?? localStorage).removeItem(`inferfleet:${name}`);
    } catch {
      return; // storage is denied: then nothing was kept either
    }
  }
}
