/**
 * Watches named methods of any object, synchronous or not: a LiteRT model, a MediaPipe task, a transformers.js
 * pipeline, a fetch to a server of one's own.
 */

import type { Adapter, Backends, Executor } from '../core/adapter.js';
import type { Memory } from '../core/memory.js';
import type { Backend, Engine } from '../generated/report.js';
import { observeMethods } from './observe.js';

export interface AnyOptions {
  /** The inference library. Default `other`. */
  engine?: Engine;
  /** What executes the model, or what tells: only the page knows. Default `other`. */
  backend?: Backend | (() => Backend);
  /** Threads of a wasm backend, or what tells. */
  threads?: number | (() => number);
  /** The methods that are a prediction each. Default `run`. */
  methods?: readonly string[];
  /**
   * Whether different methods of one object run beside each other, each a prediction of its own. By default one that
   * is called while another's promise is pending is taken to be a part of it.
   */
  parallel?: boolean;
  /** Methods after which the page is done with the model. Default `dispose`, `close`, `delete` and `release`. */
  ends?: readonly string[];
  /**
   * For results that are not there yet when the method is done: their own methods that read them, such as `data`. A
   * result is there when the page's first read of it settled.
   */
  reads?: readonly string[];
  /** Instead of `reads`: a promise that settles when it is there, such as `() => device.queue.onSubmittedWorkDone()`. */
  ready?: (result: unknown) => PromiseLike<unknown> | undefined;
  /** Tensors and bytes that the library holds now, if it counts them. Asked before every prediction. */
  memory?: () => Memory | undefined;
}

/**
 * The result counts as there when the method returned, or its promise settled, unless `reads` or `ready` say
 * otherwise. A function is watched by `anyFunction`.
 */
export function any(options: AnyOptions = {}): Adapter {
  const { engine = 'other', backend = 'other', threads = 0, memory } = options;
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

  const executor = (): Executor => ({ backend: ask(backend, 'other'), threads: ask(threads, 0) });
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
    memory: () => ask(memory, undefined),
    backends: async () => backends,
    observe: (model, observer) => observeMethods(model, observer, options),
  };
}
