/** JSON kept in the browser between visits. Storage may be denied, full or spoilt: then nothing is kept. */

import type { Host } from '../core/host.js';
import { jsonOf } from './json.js';

/** Reads a kept value; undefined when there is none or it cannot be read. */
export function recall<T>(host: Host, key: string): T | undefined {
  try {
    return JSON.parse((host.storage ?? localStorage).getItem(`inferfleet:${key}`) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value for the next visit, if the browser lets us. */
export function keep(host: Host, key: string, value: unknown): void {
  try {
    (host.storage ?? localStorage).setItem(`inferfleet:${key}`, jsonOf(value));
  } catch {
    // Private mode or a full quota: the next visit starts without it, which is what it would do anyway.
  }
}

/** Forgets a value. */
export function unkeep(host: Host, key: string): void {
  try {
    (host.storage ?? localStorage).removeItem(`inferfleet:${key}`);
  } catch {
    // Storage is denied: then nothing was kept either.
  }
}
