/** One incident for every watched model when its device is lost or its results stop coming; never two for one cause. */

import type { Adapter } from '../core/adapter.js';
import type { Subject, Waits, Watch, Watches, Watching } from '../core/watch.js';

export interface LossWatch {
  /** A model of this adapter came under observation. */
  _add(adapter: Adapter): void;
  /** A result of this model does not come. */
  _hung(subject: Subject): void;
}

export function lossWatch(
  watches: Watches,
  waits: Waits,
  raise: Watching['_raise'],
  fault: (error: unknown) => void,
  lost: (subject: Subject) => void,
): LossWatch {
  const known = new WeakSet<Adapter>();
  /** How many results each lost model had given by then: until it gives another, all silence has that one cause. */
  const told = new WeakMap<Watch, number>();

  const report = (
    watch: Watch,
    ...[backend, kind]: [Parameters<typeof raise>[1], Parameters<typeof raise>[2]]
  ) => {
    told.set(watch, watch._results);
    lost(watch._subject);
    raise(watch._subject, backend, kind);
  };

  function add(adapter: Adapter): void {
    if (known.has(adapter)) return;
    known.add(adapter);
    adapter
      .backends()
      .then((backends) =>
        backends.watchLoss((kind, backend, wasOn) => {
          for (const [model, { watch, adapter: other }] of watches) {
            if (other !== adapter || wasOn?.(model) === false) continue;
            // What is waited for will not come, and why is known: no hang on top of it.
            for (const [what, { _subject: subject }] of waits)
              if (subject === watch._subject) waits.delete(what);
            report(watch, backend, kind);
          }
        }),
      )
      .catch(fault);
  }

  for (const { adapter } of watches.values()) add(adapter);
  return {
    _add: add,
    _hung(subject) {
      for (const [model, { watch, adapter }] of watches) {
        if (watch._subject !== subject || told.get(watch) === watch._results) continue;
        report(watch, adapter.executor(model).backend, 'hang');
      }
    },
  };
}
