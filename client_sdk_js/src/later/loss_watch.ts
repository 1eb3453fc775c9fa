/** One incident for every watched model when its device is lost or its results stop coming; never two for one cause. */

import type { Adapter, Lost } from '../core/adapter.js';
import type { Subject, Waits, Watch, Watched, Watches, Watching } from '../core/watch.js';
import type { Backend, Incident } from '../generated/report.js';
import type { TellLost } from './recovery.js';

export interface LossWatch {
  /** A model of this adapter came under observation. */
  _add(adapter: Adapter): void;
  /** A result of this model does not come. */
  _hung(subject: Subject): void;
  /** An incident was noted. */
  _noted(incident: Incident): void;
}

export function lossWatch(
  watches: Watches,
  waits: Waits,
  raise: Watching['_raise'],
  fault: (error: unknown) => void,
  tell: TellLost,
): LossWatch {
  const known = new WeakSet<Adapter>();
  /** How many results each lost model had given by then: until it gives another, all silence has that one cause. */
  const told = new WeakMap<Watch, number>();
  const ranOut = new WeakSet<Watch>();

  const isOn = (adapter: Adapter, backend: Backend, model: object) =>
    adapter.executor(model).backend === backend;

  const report = (watched: Watched, backend: Backend, kind: Parameters<Lost>[0] | 'hang') => {
    const { watch } = watched;
    told.set(watch, watch._results);
    tell(watched, kind, backend);
    raise(watch._subject, backend, kind);
  };

  function onLoss(adapter: Adapter, ...[kind, backend, wasOn]: Parameters<Lost>): void {
    for (const [model, watched] of [...watches]) {
      const { watch, adapter: other } = watched;
      if (other !== adapter || wasOn?.(model) === false) continue;
      // The page has moved on to another backend: nobody misses the one that went.
      if (!(isOn(adapter, backend, model) || isOn(adapter, 'other', model))) continue;
      if (kind === 'out_of_memory') {
        if (!ranOut.has(watch)) raise(watch._subject, backend, kind); // `_noted` does the rest
        continue;
      }
      // What is waited for will not come, and why is known: no hang on top of it.
      for (const [what, { _subject: subject }] of waits) if (subject === watch._subject) waits.delete(what);
      report(watched, backend, kind);
    }
  }

  function add(adapter: Adapter): void {
    if (known.has(adapter)) return;
    known.add(adapter);
    adapter
      .backends()
      .then((backends) =>
        // An event's listener: the browser tells the page of what it throws.
        backends.watchLoss((...lost) => {
          try {
            onLoss(adapter, ...lost);
          } catch (error) {
            fault(error);
          }
        }),
      )
      .catch(fault);
  }

  for (const { adapter } of watches.values()) add(adapter);
  return {
    _add: add,
    _hung(subject) {
      for (const [model, watched] of watches) {
        const { watch, adapter } = watched;
        if (watch._subject !== subject || told.get(watch) === watch._results) continue;
        report(watched, adapter.executor(model).backend, 'hang');
      }
    },
    // Memory that a call of the page's runs out of is noted where the call fails, in the core.
    _noted({ kind, model, variant, backend }) {
      if (kind !== 'out_of_memory') return;
      for (const watched of [...watches.values()]) {
        const { watch } = watched;
        const { _subject: subject } = watch;
        if (subject.model !== model || subject.variant !== variant || ranOut.has(watch)) continue;
        ranOut.add(watch);
        tell(watched, kind, backend);
      }
    },
  };
}
