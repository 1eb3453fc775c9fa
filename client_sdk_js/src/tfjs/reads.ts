/**
 * Learns when a result was really there, from the page's own reads. No read is ever added: on webgl and webgpu one
 * would stall the GPU.
 *
 * Outputs are known by their `dataId`, which reshape, squeeze and clone share, so a read of such a view counts too.
 * `data`, `dataSync` and `bytes` are watched on the prototype that they came with (array, buffer and print go
 * through them): the tensors that the page gets are untouched.
 */

import type { Observer, Prediction } from '../core/adapter.js';
import { isThenable } from './thenable.js';
import type { Tensor } from './types.js';

interface Awaited {
  prediction: Prediction;
  observer: Observer;
}

const awaited = new WeakMap<object, Awaited>();
const watchedPrototypes = new WeakSet<object>();

/** Waits for the page to read any of a prediction's outputs. */
export function awaitRead(outputs: readonly Tensor[], prediction: Prediction, observer: Observer): void {
  const entry = { prediction, observer };
  for (const tensor of outputs) {
    watchPrototype(tensor);
    awaited.set(tensor.dataId, entry);
  }
}

const settledReads = new WeakSet<Prediction>();

/** The first read of a prediction's outputs, once. */
function takeAwaited(tensor: Tensor): Awaited | undefined {
  const entry = awaited.get(tensor.dataId);
  if (!entry) return undefined;
  awaited.delete(tensor.dataId);
  if (settledReads.has(entry.prediction)) return undefined;
  settledReads.add(entry.prediction);
  return entry;
}

function watchPrototype(tensor: Tensor): void {
  let owner: object | null = tensor;
  while (owner && !Object.hasOwn(owner, 'dataSync')) owner = Object.getPrototypeOf(owner);
  if (!owner || watchedPrototypes.has(owner)) return;
  watchedPrototypes.add(owner);
  for (const method of ['data', 'dataSync', 'bytes'] as const) {
    const original = (owner as Tensor)[method] as (this: Tensor) => unknown;
    const watched = function (this: Tensor, ...args: []): unknown {
      const entry = takeAwaited(this);
      if (!entry) return original.apply(this, args);
      const { prediction, observer } = entry;
      observer.awaited(prediction);
      try {
        const read = original.apply(this, args);
        if (!isThenable(read)) {
          observer.ready(prediction, 'read');
          return read;
        }
        // The page gets a promise that rejects as its own would: handling it here would silence its error.
        return read.then(
          (value) => {
            observer.ready(prediction, 'read');
            return value;
          },
          (error) => {
            observer.failed(prediction, error);
            throw error;
          },
        );
      } catch (error) {
        observer.failed(prediction, error);
        throw error;
      }
    };
    Object.defineProperty(owner, method, {
      value: watched,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
}

/** The tensors in what a model returned: one, a list, or a map by name. */
export function tensorsIn(result: unknown): Tensor[] {
  const candidates =
    result !== null && typeof result === 'object' && !('dataId' in result) ? Object.values(result) : [result];
  return candidates.filter((value): value is Tensor => !!(value as Tensor | undefined)?.dataId);
}
