/** Learns when a result was really there from the page's own reads of it. No read is ever added. */

import type { Observer, Prediction } from '../core/adapter.js';
import { type Around, follow } from '../core/follow.js';
import { outputsWith, watchMethod } from './outputs.js';

interface Awaited {
  prediction: Prediction;
  observer: Observer;
  /** One of the outputs was read. */
  read?: boolean;
}

const awaited = new WeakMap<object, Awaited>();
const watched = new WeakMap<object, Set<string>>();

/** Waits for the page to call one of these methods of any output that is on a GPU. */
export function awaitRead(
  result: unknown,
  reads: readonly string[],
  prediction: Prediction,
  observer: Observer,
): void {
  const entry: Awaited = { prediction, observer };
  const outputs = outputsWith(result, reads).filter((output) => !isThere(output));
  for (const output of outputs) {
    for (const name of reads) watchMethod(output, name, watched, heardRead);
    awaited.set(output, entry);
  }
  // Plain outputs, and those in the memory of the CPU, are there already.
  if (!outputs.length) observer.ready(prediction, 'return', result);
}

/** LiteRT falls back to wasm by itself. Its tensors say where they are. */
function isThere(output: { accelerator?: unknown }): boolean {
  try {
    return output.accelerator === 'wasm' || output.accelerator === 'cpu';
  } catch {
    return false; // LiteRT throws for a place that it does not know
  }
}

const heardRead: Around = (call, output) => {
  const entry = awaited.get(output);
  if (!entry || entry.read) return call();
  entry.read = true;
  const { prediction, observer } = entry;
  observer.awaited(prediction);
  return follow(call, prediction, observer, () => observer.ready(prediction, 'read'));
};
