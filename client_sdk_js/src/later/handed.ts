/** Gives the page the model that it was raced with, where that one is to run, instead of loading it once more. */

import type { LoadItem } from '../core/watch.js';
import { dispose } from './loading.js';
import type { Open } from './opening.js';
import type { Lane } from './race.js';

export interface Handed<M extends object> {
  /** By the page's own `load`, but for the first call for what is kept. */
  open: Open<M>;
  /** The load item of a model: what was measured in the race, when it was kept from there. */
  item(model: M, item: LoadItem): LoadItem;
  /** The load is over: what was not asked for is let go, as when its backend did not start again. */
  end(): Promise<void> | undefined;
}

/** @param kept of a race. */
export function handOver<M extends object>(open: Open<M>, kept: Lane<M> | undefined): Handed<M> {
  let waiting = kept?.loading;
  let handed: M | undefined;
  return {
    async open(attempt, signal) {
      const { url, backend } = attempt;
      if (!waiting || kept?.attempt.url !== url || kept.attempt.backend !== backend)
        return open(attempt, signal);
      const given = waiting;
      waiting = undefined;
      handed = await given;
      return handed;
    },
    item: (model, item) => (kept && model === handed ? { ...item, ...kept.load } : item),
    // What the page's own `load` threw is nobody's loss here.
    end: () => waiting?.then(dispose, () => undefined),
  };
}
