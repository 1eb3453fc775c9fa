/**
 * Puts a model under observation by giving the object itself wrapped methods. The page's reference, `instanceof`
 * and every other property stay what they were; a frozen model cannot be observed and stays as it is.
 */

import type { Observer, Prediction } from '../core/adapter.js';
import { define, follow } from '../core/follow.js';
import { executorOf } from './executor.js';
import { awaitRead } from './reads.js';
import type { TensorFlow } from './types.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<string, Method | undefined>;

const METHODS = ['predict', 'predictOnBatch', 'predictAsync', 'execute', 'executeAsync'];
/** Here the call itself computes the result: when it returned, the result is there. */
const COMPUTES_IN_CALL = /^(cpu|wasm)/;

/** Fetched when the first prediction is to be timed on the GPU, one in a thousand; that one goes untimed. */
let kernelTime: Partial<typeof import('./kernel_time.js')> | undefined;

/** Wraps the model's methods. Returns what puts the model back as it was. */
export function observeModel(tf: TensorFlow, model: object, observer: Observer): () => void {
  let inside = false;
  let ended = false;
  const undo: (() => void)[] = [];

  function settled(prediction: Prediction, result: unknown): void {
    observer.dispatched(prediction);
    try {
      if (COMPUTES_IN_CALL.test(executorOf(tf).backend)) observer.ready(prediction, 'return', result);
      else awaitRead(result, prediction, observer);
    } catch (error) {
      observer.fault(error);
    }
  }

  /** Runs the call, timed on the GPU if that is wanted and possible now. */
  function run(call: () => unknown, prediction: Prediction): unknown {
    if (executorOf(tf).backend !== 'webgl' || !observer.wantsKernelTime()) return call();
    if (kernelTime?.runTimed) return kernelTime.runTimed(tf, call, prediction, observer);
    if (!kernelTime) {
      kernelTime = {};
      import('./kernel_time.js').then((loaded) => {
        kernelTime = loaded;
      }, observer.fault);
    }
    return call();
  }

  function replace(name: string, wrap: (original: Method) => Method): void {
    const original = (model as Methods)[name];
    if (typeof original !== 'function') return;
    const wrapped = wrap(original);
    const before = Object.getOwnPropertyDescriptor(model, name);
    define(model, name, wrapped);
    undo.push(() => {
      // Whoever wrapped it after us keeps their wrapper; ours then only passes calls on.
      if ((model as Methods)[name] !== wrapped) return;
      if (before) Object.defineProperty(model, name, before);
      else delete (model as Methods)[name];
    });
  }

  for (const name of METHODS) {
    replace(
      name,
      (original) =>
        function (...args) {
          const call = () => original.apply(this, args);
          // predict() calls execute() on the same object: one prediction, not two.
          const prediction = inside || ended ? undefined : observer.begin();
          if (!prediction) return call();
          inside = true;
          try {
            return follow(
              name.endsWith('Async') ? call : () => run(call, prediction),
              prediction,
              observer,
              (result) => settled(prediction, result),
            );
          } finally {
            inside = false;
          }
        },
    );
  }
  // Or a page that loads model after model would have us hold on to every one.
  replace(
    'dispose',
    (original) =>
      function (...args) {
        const result = original.apply(this, args);
        observer.disposed();
        return result;
      },
  );
  return () => {
    ended = true;
    for (const step of undo) step();
  };
}
