/**
 * Learns when a result was really there, from the page's own reads. No read is ever added: on webgl and webgpu one
 * would stall the GPU.
 *
 * Outputs are known by their `dataId`, which reshape, squeeze and clone share, so a read of such a view counts too.
 * `data`, `dataSync` and `bytes` are watched on the prototype that they came with (array, buffer and print go
 * through them): the tensors that the page gets are untouched.
 */

import type { Observer, Prediction } from '../core/adapter.js';
import { follow, replace } from '../core/follow.js';
import type { Unread } from '../gpu/unread.js';
import type { Tensor } from './types.js';

const awaited = new WeakMap<object, Unread>();
const watchedPrototypes = new WeakSet<object>();

/**
 * Waits for the page to read any of a prediction's outputs: a tensor, a list, or a map by name. What it returns knows
 * whether that has happened.
 */
export function awaitRead(result: unknown, prediction: Prediction, observer: Observer): Unread {
  const entry: Unread = { prediction, observer };
  const outputs = (result as Tensor | undefined)?.dataId ? [result] : Object.values(result ?? {});
  for (const tensor of outputs as Tensor[]) {
    if (!tensor?.dataId) continue;
    watchPrototype(tensor);
    awaited.set(tensor.dataId, entry);
  }
  return entry;
}

function watchPrototype(tensor: Tensor): void {
  let owner: object | null = tensor;
  while (owner && !Object.hasOwn(owner, 'dataSync')) owner = Object.getPrototypeOf(owner);
  if (!owner || watchedPrototypes.has(owner)) return;
  watchedPrototypes.add(owner);
  for (const method of ['data', 'dataSync', 'bytes'] as const) {
    replace(owner, method, (call, self) => {
      const entry = awaited.get((self as Tensor).dataId);
      if (!entry || entry.read) return call();
      entry.read = true;
      const { prediction, observer } = entry;
      observer.awaited(prediction);
      return follow(call, prediction, observer, (output) => observer.ready(prediction, 'read', output));
    });
  }
}
