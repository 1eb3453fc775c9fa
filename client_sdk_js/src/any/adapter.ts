/**
 * Watches named methods of any object, synchronous or not: a LiteRT model, a MediaPipe task, a transformers.js
 * pipeline, a fetch to a server of one's own.
 */

import type { Adapter, Backends } from '../core/adapter.js';
import { define, follow } from '../core/follow.js';
import type { Backend } from '../generated/report.js';

export interface AnyOptions {
  /** What executes the model: only the page knows. Default `other`. */
  backend?: Backend;
  /** The methods that are a prediction each. Default `run`. */
  methods?: readonly string[];
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * The result counts as there when the method returned, or its promise settled. A function is watched as a method:
 * `const model = { run: (x) => pipeline(x) }`.
 */
export function any({ backend = 'other', methods = ['run'] }: AnyOptions = {}): Adapter {
  const backends: Backends = {
    isStarted: () => true,
    // What the page chose cannot be changed from here.
    start: async (wanted) => backend.startsWith(wanted),
    startDefault: async () => undefined,
    watchLoss: () => undefined,
  };
  return {
    engine: 'other',
    executor: () => ({ backend, threads: 0 }),
    memory: () => undefined,
    backends: async () => backends,
    observe(model, observer) {
      let inside = false;
      let ended = false;
      const target = model as Record<string, Method | undefined>;
      const undo: (() => void)[] = [];
      for (const name of methods) {
        const original = target[name];
        if (typeof original !== 'function') continue;
        const wrapped: Method = function (...args) {
          const call = () => original.apply(this, args);
          // One watched method may call another: one prediction, not two.
          const prediction = inside || ended ? undefined : observer.begin();
          if (!prediction) return call();
          inside = true;
          try {
            return follow(call, prediction, observer, (output) => {
              observer.dispatched(prediction);
              observer.ready(prediction, 'return', output);
            });
          } finally {
            inside = false;
          }
        };
        const before = Object.getOwnPropertyDescriptor(model, name);
        define(model, name, wrapped);
        undo.push(() => {
          if (target[name] !== wrapped) return;
          if (before) Object.defineProperty(model, name, before);
          else Reflect.deleteProperty(model, name);
        });
      }
      return () => {
        ended = true;
        for (const step of undo) step();
      };
    },
  };
}
