/**
 * Counts the results that the page has not freed yet, for libraries that neither free them by themselves nor count them.
 * What is let go without being freed stays counted: the library holds it for ever.
 */

import { type Around, hear } from '../core/follow.js';
import { outputsWith, watchMethod } from './outputs.js';

export interface Held {
  /** Counts what a prediction gave. */
  note(result: unknown): void;
  /** How many there are now. */
  count(): number;
}

const holders = new WeakMap<object, Set<Tally>>();
const watchedFrees = new WeakMap<object, Set<string>>();
const watchedCopies = new WeakMap<object, Set<string>>();

interface Tally {
  held: number;
  note(result: unknown): void;
}

/** `frees` are the methods that free a result, `copies` those that may give another one of its kind. */
export function heldResults(frees: readonly string[], copies: readonly string[]): Held {
  const tally: Tally = { held: 0, note };

  function note(result: unknown): void {
    for (const output of outputsWith(result, frees)) {
      const known = holders.get(output) ?? new Set();
      if (known.has(tally)) continue;
      holders.set(output, known.add(tally));
      tally.held++;
      for (const name of frees) watchMethod(output, name, watchedFrees, freed);
      for (const name of copies) watchMethod(output, name, watchedCopies, copied);
    }
  }

  return { note, count: () => tally.held };
}

const freed: Around = (run, output) => {
  const result = run();
  for (const tally of holders.get(output) ?? []) tally.held--;
  holders.delete(output);
  return result;
};

/** A copy of what is counted is counted as well, once it is there. The page gets the very promise. */
const copied: Around = (run, output) => {
  const tallies = [...(holders.get(output) ?? [])];
  const copy = run();
  const note = (made: unknown) => {
    for (const tally of tallies) tally.note(made);
  };
  if (hear(copy, note, () => undefined) === undefined) note(copy);
  return copy;
};
