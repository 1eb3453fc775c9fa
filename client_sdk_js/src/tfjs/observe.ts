/**
 * Puts a model under observation by giving the object itself wrapped methods. The page's reference, `instanceof`
 * and every other property stay what they were; a frozen model cannot be observed and stays as it is.
 */

import type { Observer, Prediction } from '../core/adapter.js';
import { follow, replace } from '../core/follow.js';
import { executorOf } from './executor.js';
import type { Extras } from './extras.js';
import { awaitRead } from './reads.js';
import type { TensorFlow } from './types.js';

const METHODS = ['predict', 'predictOnBatch', 'predictAsync', 'execute', 'executeAsync'];
/** Here the call itself computes the result: when it returned, the result is there. */
const COMPUTES_IN_CALL = /^(cpu|wasm)/;

/** Wraps the model's methods. Returns what puts the model back as it was. */
export function observeModel(tf: TensorFlow, model: object, observer: Observer, extras: Extras): () => void {
  let inside = false;
  let ended = false;

  function settled(prediction: Prediction, result: unknown): void {
    observer.dispatched(prediction);
    try {
      if (COMPUTES_IN_CALL.test(executorOf(tf).backend)) observer.ready(prediction, 'return', result);
      else {
        const unread = awaitRead(result, prediction, observer);
        extras._unread?.(unread);
      }
    } catch (error) {
      observer.fault(error);
    }
  }

  const undo = METHODS.map((name) =>
    replace(model, name, (call) => {
      // predict() calls execute() on the same object: one prediction, not two.
      const prediction = inside || ended ? undefined : observer.begin();
      if (!prediction) return call();
      inside = true;
      try {
        return follow(
          extras._timed && !name.endsWith('Async') ? () => extras._timed?.(call, prediction, observer) : call,
          prediction,
          observer,
          (result) => settled(prediction, result),
        );
      } finally {
        inside = false;
      }
    }),
  );
  // Or a page that loads model after model would have us hold on to every one.
  undo.push(
    replace(model, 'dispose', (call) => {
      const result = call();
      observer.disposed();
      return result;
    }),
  );
  return () => {
    ended = true;
    for (const step of undo) step();
  };
}
