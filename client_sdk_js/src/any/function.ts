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
  // The function's own properties and methods stay; only a call goes by way of ours.
  return new Proxy(run, {
    apply: (_, self, args) => Reflect.apply(model.run, self, args),
    get: (target, key) => (key === 'unwrap' ? unwrap : Reflect.get(target, key)),
  }) as F & { unwrap: typeof unwrap };
}
