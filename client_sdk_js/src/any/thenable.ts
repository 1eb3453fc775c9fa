/**
 * Promises that are no plain ones of the browser's: subclasses, and objects whose work starts when `then` is called.
 * Nothing calls it but the page: what ends them is learnt from the handlers that the page attaches first.
 */

import { define } from '../core/follow.js';

type Then = (...args: unknown[]) => unknown;
type Handler = ((...args: unknown[]) => unknown) | null | undefined;

/** Listens, unless the object takes no method. `waits` is called when the page attaches its handlers. */
export function hearFirst(
  promise: object,
  waits: () => void,
  succeeded: (value: unknown) => void,
  failed: (error: unknown) => void,
): void {
  let before: PropertyDescriptor | undefined;
  let original: Then;
  try {
    before = Object.getOwnPropertyDescriptor(promise, 'then');
    original = (promise as { then: Then }).then;
    define(promise, 'then', then);
  } catch {
    return; // frozen, or it does not like to be looked at
  }
  let told = false;
  const once = (tell: (value: unknown) => void, handler: Handler, otherwise: (value: unknown) => unknown) =>
    function (this: unknown, ...args: unknown[]): unknown {
      if (!told) tell(args[0]);
      told = true;
      return typeof handler === 'function' ? Reflect.apply(handler, this, args) : otherwise(args[0]);
    };
  const rethrow = (error: unknown) => {
    throw error;
  };
  function then(this: unknown, ...args: Handler[]): unknown {
    if (before) Object.defineProperty(promise, 'then', before);
    else Reflect.deleteProperty(promise, 'then');
    const [onValue, onError, ...others] = args;
    waits();
    return Reflect.apply(original, this, [
      once(succeeded, onValue, (value) => value),
      once(failed, onError, rethrow),
      ...others,
    ]);
  }
}
