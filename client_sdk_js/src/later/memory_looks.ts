/**
 * Memory before the predictions of each name: when its warm-up was over, and now. The engine counts for all models, so that
 * what comes and goes with models of other names is left out, and a page that throws everything away starts anew.
 */

import type { Point } from '../core/memory.js';
import type { Page } from '../core/page.js';
import type { Tally } from '../core/watch.js';
import type { MemoryLooks } from './models.js';

const WARM_UP = 5; // predictions that may still compile shaders and allocate what stays
const SIGNALS = ['tensors', 'bytes', 'gpu_bytes'] as const;

interface Kept extends MemoryLooks {
  /** Predictions made when the warm-up is over. */
  warm: number;
  /** Models that had come, and that there were. */
  came: number;
  alive: number;
  /** Those of other names among them. */
  others: string;
}

/** Starts looking. Returns what tells of one name. */
export function memoryLooks(page: Page): (tally: Tally) => MemoryLooks {
  const { _watches: watches, _tallies: tallies } = page;
  const kept = new WeakMap<Tally, Kept>();
  let came = 0;
  page._listeners.add({ event: 'exposure', listener: () => void came++ });

  function othersThan(tally: Tally): string {
    let loads = 0;
    let alive = 0;
    for (const each of tallies.values()) if (each !== tally) loads += each._loads;
    for (const { watch } of watches.values()) if (watch._tally !== tally) alive++;
    return `${loads} ${alive}`;
  }

  page._looked = (tally, look) => {
    let of = kept.get(tally);
    if (!of) {
      of = { warm: WARM_UP, came: -1, alive: 0, others: '' };
      kept.set(tally, of);
    }
    if (of.came !== came || of.alive !== watches.size) {
      const others = othersThan(tally);
      if (of.steady && of.latest && of.others !== others) of.steady = moved(of.steady, of.latest, look);
      Object.assign(of, { came, alive: watches.size, others });
    }
    // tf.engine().reset(), say.
    if (of.steady && look.tensors < of.steady.tensors / 2) {
      of.steady = undefined;
      of.warm = look.predictions + WARM_UP;
    }
    if (look.predictions >= of.warm) of.steady ??= look;
    of.latest = look;
  };
  // What was predicted before this part was there is told at once, not with the next prediction.
  for (const { watch, adapter } of watches.values())
    try {
      const { _tally: tally } = watch;
      const memory = tally._made ? adapter.memory() : undefined;
      if (memory) page._looked(tally, { ...memory, predictions: tally._made });
    } catch (error) {
      page.fault(error, watch._subject.model);
    }
  return (tally) => kept.get(tally) ?? {};
}

/** The same look, as if what changed between two later ones had been there by then. */
function moved(look: Point, from: Point, to: Point): Point {
  const result = { ...look };
  for (const name of SIGNALS) {
    const [was, before, after] = [look[name], from[name], to[name]];
    if (was !== undefined && before !== undefined && after !== undefined) result[name] = was + after - before;
  }
  return result;
}
