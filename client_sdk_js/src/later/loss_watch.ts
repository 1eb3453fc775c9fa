/** One incident for every watched model when the device behind its adapter is lost. */

import type { Adapter } from '../core/adapter.js';
import type { Watches, Watching } from '../core/watch.js';

/** Returns what is to be called with the adapter of every model that comes under observation later. */
export function lossWatch(
  watches: Watches,
  raise: Watching['_raise'],
  fault: (error: unknown) => void,
): (adapter: Adapter) => void {
  const known = new WeakSet<Adapter>();

  function add(adapter: Adapter): void {
    if (known.has(adapter)) return;
    known.add(adapter);
    adapter
      .backends()
      .then((backends) =>
        backends.watchLoss((kind, backend) => {
          for (const { watch, adapter: other } of watches.values())
            if (other === adapter) raise(watch._subject, backend, kind);
        }),
      )
      .catch(fault);
  }

  for (const { adapter } of watches.values()) add(adapter);
  return add;
}
