/** Calls that are passed on as they are, while the core is told how they ended. */

import type { Observer, Prediction } from './adapter.js';

/** Gives an object a property of its own, as an assignment would. */
export const define = (target: object, name: PropertyKey, value: unknown): unknown =>
  Object.defineProperty(target, name, { value, writable: true, configurable: true });

/** Makes a call that the page made: `run` has the page's own `this` and arguments. */
export type Around = (run: () => unknown, self: object, args: unknown[]) => unknown;

/**
 * Puts itself around a method, if there is one: the same function, name and properties, in all but what a call does.
 * Returns what takes it off again.
 */
export function replace(object: object, name: PropertyKey, around: Around): () => void {
  const target = object as Record<PropertyKey, unknown>;
  const original = target[name];
  if (typeof original !== 'function') return () => undefined;
  const before = Object.getOwnPropertyDescriptor(target, name);
  const replaced = new Proxy(original, {
    apply: (_, self, args) => around(() => Reflect.apply(original, self, args), self, args),
  });
  define(target, name, replaced);
  return () => {
    // Whoever wrapped it after us keeps their wrapper; ours then only passes calls on.
    if (target[name] !== replaced) return;
    if (before) Object.defineProperty(target, name, before);
    else delete target[name];
  };
}

/** A page may have replaced the global one (zone.js). */
const BUILT_IN: Promise<unknown> = Object.getPrototypeOf((async () => undefined)());

/**
 * Tells how a promise ends, and leaves it to the page. False: it is no plain promise of the browser's, or it is frozen,
 * and it is left alone. To listen could start its work, or run a constructor of the page's. Undefined: no promise.
 *
 * Whoever listens counts as somebody who handles a rejection, so that the browser would not tell of one that the page
 * leaves unhandled. But a promise is asked for its `constructor` by all that attaches something to it, `then` and
 * `await` alike. Where nobody asked, the rejection is raised again.
 */
export function hear(
  result: unknown,
  succeeded: (value: unknown) => void,
  failed: (error: unknown) => void,
): boolean | undefined {
  try {
    const then = (result as Promise<unknown> | undefined)?.then;
    if (typeof then !== 'function') return;
    const plain = Object.getPrototypeOf(result);
    if (!(plain === Promise.prototype || plain === BUILT_IN) || then !== plain.then) return false;
    let taken: unknown;
    const get = () => {
      taken = result;
      return plain.constructor;
    };
    const before = Object.getOwnPropertyDescriptor(result, 'constructor');
    Object.defineProperty(result, 'constructor', { get, configurable: true });
    then.call(result, succeeded, (error) => {
      failed(error);
      // When the browser would look: what the page attaches in this same task comes in time.
      setTimeout(() => taken || Promise.reject(error));
    });
    // One that was heard before is as it was: it is whoever heard it first that raises.
    taken = before;
    if (before) Object.defineProperty(result, 'constructor', before);
    return true;
  } catch {
    return false; // it does not like to be looked at
  }
}

/**
 * Returns and throws exactly what `call` does: the very object. `done`, which must not throw, hears its result; a
 * promise's once it has settled. `otherwise` gets a promise that cannot be heard.
 */
export function follow(
  call: () => unknown,
  prediction: Prediction,
  observer: Observer,
  done: (result: unknown) => void,
  otherwise?: (result: object, failed: (error: unknown) => void) => void,
): unknown {
  const failed = (error: unknown) => observer.failed(prediction, error);
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    failed(error);
    throw error;
  }
  const heard = hear(result, done, failed);
  if (heard) observer.awaited(prediction);
  else if (heard === false) otherwise?.(result as object, failed);
  else done(result);
  return result;
}
