/** Promises of others may never settle; what waits for one waits for so long. */

import type { Host } from '../core/host.js';

/** It took too long for us; a TimeoutError of the page's own is another thing. */
export class Late extends Error {
  override readonly name = 'TimeoutError';
}

/** What `started` gives; after `ms` without that a rejection with `Late`. */
export async function within<T>(host: Host, ms: number, started: PromiseLike<T> | T): Promise<T> {
  let cancel: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = host.after(ms, () => reject(new Late()));
  });
  try {
    return await Promise.race([started, late]);
  } finally {
    cancel?.();
  }
}
