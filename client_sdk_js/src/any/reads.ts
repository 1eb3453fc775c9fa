/** Learns when a result was really there from the page's own reads of it. No read is ever added. */

import type { Observer, Prediction } from '../core/adapter.js';
import { follow, replace } from '../core/follow.js';

interface Awaited {
  prediction: Prediction;
  observer: Observer;
  /** One of the outputs was read. */
  read?: boolean;
}

const awaited = new WeakMap<object, Awaited>();
const watched = new WeakMap<object, Set<string>>();

/** Waits for the page to call one of these methods of any output: the result itself, or what it is a list or map of. */
export function awaitRead(
  result: unknown,
  reads: readonly string[],
  prediction: Prediction,
  observer: Observer,
): void {
  const entry: Awaited = { prediction, observer };
  const isRead = (each: unknown) =>
    reads.some((name) => typeof (each as Record<string, unknown> | undefined)?.[name] === 'function');
  const outputs = isRead(result) ? [result] : Object.values(result ?? {}).filter(isRead);
  for (const output of outputs as object[]) {
    for (const name of reads) watchMethod(output, name);
    awaited.set(output, entry);
  }
  // Some outputs are plain: they are there already.
  if (!outputs.length) observer.ready(prediction, 'return');
}

/** Watches a method where it came with the object, once: the objects that the page gets are untouched. */
function watchMethod(output: object, name: string): void {
  let owner: object | null = output;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const names = owner && (watched.get(owner) ?? new Set());
  if (!owner || !names || names.has(name)) return;
  watched.set(owner, names.add(name));
  replace(owner, name, (call, self) => {
    const entry = awaited.get(self);
    if (!entry || entry.read) return call();
    entry.read = true;
    const { prediction, observer } = entry;
    return follow(call, prediction, observer, () => observer.ready(prediction, 'read'));
  });
}
