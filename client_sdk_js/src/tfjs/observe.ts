/**
 * Puts a model under observation by giving the object itself wrapped methods. The page's reference, `instanceof`
 * and every other property stay what they were; a frozen model cannot be observed and stays as it is.
 */

import type { Observer } from '../core/adapter.js';
import { executorOf } from './executor.js';
import { runTimed } from './kernel_time.js';
import { awaitRead, tensorsIn } from './reads.js';
import { isThenable } from './thenable.js';
import type { TensorFlow } from './types.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

const METHODS = ['predict', 'predictOnBatch', 'predictAsync', 'execute', 'executeAsync'];
/** Here the call itself computes the result: when it returned, the result is there. */
const COMPUTES_IN_CALL = /^(cpu|wasm)/;

/** Wraps the model's methods. Returns what puts the model back as it was. */
export function observeModel(tf: TensorFlow, model: object, observer: Observer): () => void {
  let inside = false;
  let ended = false;
  const undo: (() => void)[] = [];

  function settled(prediction: ReturnType<Observer['begin']> & object, result: unknown): void {
    try {
      observer.dispatched(prediction);
      const { backend } = executorOf(tf);
      if (COMPUTES_IN_CALL.test(backend)) observer.ready(prediction, 'return');
      else awaitRead(tensorsIn(result), prediction, observer);
    } catch (error) {
      observer.fault(error);
    }
  }

  function replace(name: string, wrapped: Method): void {
    const before = Object.getOwnPropertyDescriptor(model, name);
    Object.defineProperty(model, name, {
      value: wrapped,
      writable: true,
      configurable: true,
      enumerable: false,
    });
    undo.push(() => {
      // Whoever wrapped it after us keeps their wrapper; ours then only passes calls on.
      if ((model as Record<string, unknown>)[name] !== wrapped) return;
      if (before) Object.defineProperty(model, name, before);
      else delete (model as Record<string, unknown>)[name];
    });
  }

  for (const name of METHODS) {
    const original = (model as Record<string, unknown>)[name] as Method | undefined;
    if (typeof original !== 'function') continue;
    const wrapped: Method = function (...args) {
      // predict() calls execute() on the same object: one prediction, not two.
      const prediction = inside || ended ? undefined : observer.begin();
      if (!prediction) return original.apply(this, args);
      const call = () => original.apply(this, args);
      let result: unknown;
      inside = true;
      try {
        const timed = !name.endsWith('Async') && observer.wantsKernelTime();
        result = timed ? runTimed(tf, call, prediction, observer) : call();
      } catch (error) {
        observer.failed(prediction, error);
        throw error;
      } finally {
        inside = false;
      }
      if (!isThenable(result)) {
        settled(prediction, result);
        return result;
      }
      observer.awaited(prediction);
      return result.then(
        (value) => {
          settled(prediction, value);
          return value;
        },
        (error) => {
          observer.failed(prediction, error);
          throw error;
        },
      );
    };
    replace(name, wrapped);
  }
  const { dispose } = model as { dispose?: Method };
  if (typeof dispose === 'function') {
    // Or a page that loads model after model would have us hold on to every one.
    replace('dispose', function (...args) {
      const result = dispose.apply(this, args);
      observer.disposed();
      return result;
    });
  }
  return () => {
    ended = true;
    for (const step of undo) step();
  };
}
