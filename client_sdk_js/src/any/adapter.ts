/**
 * Watches named methods of any object, synchronous or not: a LiteRT model, a MediaPipe task, a transformers.js
 * pipeline, a fetch to a server of one's own.
 */

import type { Adapter, Backends, Executor } from '../core/adapter.js';
import { heldResults } from './held.js';
import { wholeMemory } from './memory.js';
import { backendNamed, engineNamed } from './names.js';
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

  /** Said once for each: what a developer should name otherwise. */
  function known<T>(told: unknown, name: T): T {
    if (name === 'other' && told !== name && !warned.has(told)) {
      warned.add(told);
      console.warn(`inferfleet any(): ${JSON.stringify(told)} is unknown, and reported as "other"`);
    }
    return name;
  }

  const executor = (): Executor => {
    const told = ask<unknown>(backend, 'other');
    const runsOn = known(told, backendNamed(told));
    // A library's own count stays what it was when a model of it runs on the GPU.
    return {
      backend: runsOn,
      threads:
        (runsOn.startsWith('wasm') && Math.trunc(Math.min(256, Math.max(0, +ask(threads, 0))))) || undefined,
    };
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
    engine: known(engine, engineNamed(engine)),
    executor,
    memory() {
      const told = ask(memory, undefined);
      return wholeMemory(held ? { ...told, tensors: held.count() } : told);
    },
    backends: async () => backends,
    observe: (model, observer) => observeMethods(model, observer, options, held?.note),
  };
}
