/**
 * Watches named methods of any object, synchronous or not: a LiteRT model, a MediaPipe task, a transformers.js
 * pipeline, a fetch to a server of one's own.
 */

import type { Adapter, Backends, Executor } from '../core/adapter.js';
import { heldResults } from './held.js';
import { wholeMemory } from './memory.js';
import { observeMethods } from './observe.js';
import type { AnyOptions } from './options.js';

/**
 * The result counts as there when the method returned, or its promise settled, unless `reads` or `ready` say
 * otherwise. A function is watched by `anyFunction`.
 */
export function any(options: AnyOptions = {}): Adapter {
  const { engine = 'other', backend = 'other', threads = 0, memory, frees, reads = [] } = options;
  const held = frees && heldResults(frees, reads);
  const warned = new Set<unknown>();

  /** What the page says. A function of its own that fails must not cost the prediction. */
  function ask<T>(told: T | (() => T), otherwise: T): T {
    try {
      return typeof told === 'function' ? (told as () => T)() : told;
    } catch (error) {
      if (!warned.has(told)) console.warn('inferfleet any():', error);
      warned.add(told);
      return otherwise;
    }
  }

  const executor = (): Executor => {
    const runsOn = ask(backend, 'other');
    // A library's own count stays what it was when a model of it runs on the GPU.
    return { backend: runsOn, threads: (runsOn.startsWith('wasm') && ask(threads, 0)) || undefined };
  };
  const backends: Backends = {
    perModel: true,
    fixed: true,
    isStarted: () => true,
    // What the page chose cannot be changed from here.
    start: async (wanted) => executor().backend.startsWith(wanted),
    startDefault: async () => undefined,
    watchLoss: () => undefined,
  };
  return {
    engine,
    executor,
    memory() {
      const told = ask(memory, undefined);
      return wholeMemory(held ? { ...told, tensors: held.count() } : told);
    },
    backends: async () => backends,
    observe: (model, observer) => observeMethods(model, observer, options, held?.note),
  };
}
