/** Calls that are passed on as they are, while the core is told how they ended. */

import type { Observer, Prediction } from './adapter.js';

/** Gives an object a method of its own. */
export const define = (target: object, name: string, value: unknown): unknown =>
  Object.defineProperty(target, name, { value, writable: true, configurable: true });

/**
 * Returns and throws exactly what `call` does. `done`, which must not throw, hears its result; a promise's once it
 * has settled. The caller then gets the promise derived from it: a rejection that nobody handles stays unhandled.
 */
export function follow(
  call: () => unknown,
  prediction: Prediction,
  observer: Observer,
  done: (result: unknown) => void,
): unknown {
  const failed = (error: unknown) => {
    observer.failed(prediction, error);
    throw error;
  };
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    failed(error);
  }
  const succeeded = (value: unknown) => {
    done(value);
    return value;
  };
  // Not `instanceof Promise`: a page may have replaced that global (zone.js).
  let then: unknown;
  try {
    then = (result as Partial<Promise<unknown>> | undefined)?.then;
  } catch {
    // A result that does not like to be looked at is passed on unseen.
  }
  if (typeof then !== 'function') return succeeded(result);
  observer.awaited(prediction);
  return then.call(result, succeeded, failed);
}
