/** Watches a function that predicts: `const classify = anyFunction(monitor, 'sentiment', pipe)`. */

import type { Monitor, WatchedModel } from '../core/options.js';
import { any } from './adapter.js';
import type { AnyOptions } from './options.js';

export interface AnyFunctionOptions
  extends Pick<AnyOptions, 'engine' | 'backend' | 'threads' | 'reads' | 'ready' | 'memory' | 'frees'> {
  /** Default `original`. */
  variant?: string;
}

type Call = (this: unknown, ...args: never[]) => unknown;

/**
 * A function that does what `run` does, same results and same errors, each call a prediction of model `name`. Calls may
 * run beside each other. `unwrap()` of it ends the observation.
 */
export function anyFunction<F extends (...args: never[]) => unknown>(
  monitor: Pick<Monitor, 'wrap'>,
  name: string,
  run: F,
  { variant, ...options }: AnyFunctionOptions = {},
): F & Pick<WatchedModel<object>, 'unwrap'> {
  const model: { run: Call } = { run };
  const { unwrap } = monitor.wrap(name, model, { adapter: any(options), ...(variant && { variant }) });
  const methods = new WeakMap<object, unknown>();

  /** A method of the function's own class may ask for its private fields, which ours has not: it runs on the very one. */
  function methodOf(value: unknown, key: PropertyKey): unknown {
    const isMethod = typeof value === 'function' && value !== Reflect.get(Function.prototype, key);
    const { configurable = true } = Object.getOwnPropertyDescriptor(run, key) ?? {};
    if (!isMethod || !configurable) return value;
    const apply = (method: Call, self: unknown, args: never[]) =>
      Reflect.apply(method, self === watched ? run : self, args);
    if (!methods.has(value)) methods.set(value, new Proxy(value as Call, { apply }));
    return methods.get(value);
  }

  // The function's own properties and methods stay; only a call goes by way of ours.
  const watched = new Proxy(run, {
    apply: (_, self, args) => Reflect.apply(model.run, self, args),
    get: (target, key) => (key === 'unwrap' ? unwrap : methodOf(Reflect.get(target, key), key)),
  }) as F & { unwrap: typeof unwrap };
  return watched;
}
