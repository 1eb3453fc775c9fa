/** The TensorFlow.js adapter: `tfjs(tf)` with the page's own `tf`. */

import type { Adapter, Backends } from '../core/adapter.js';
import { executorOf, memoryOf } from './executor.js';
import { observeModel } from './observe.js';
import type { TensorFlow } from './types.js';

const adapters = new WeakMap<object, Adapter>();

/** The adapter for a `tf` namespace; the same one for the same `tf`. */
export function tfjs(tf: TensorFlow): Adapter {
  const known = adapters.get(tf);
  if (known) return known;
  const executor = () => executorOf(tf);
  let backends: Backends | undefined;
  const adapter: Adapter = {
    engine: 'tfjs',
    executor,
    memory: () => memoryOf(tf),
    observe: (model, observer) => observeModel(tf, model, observer),
    async backends() {
      const { createBackends } = await import('./backends.js');
      backends ??= createBackends(tf, executor);
      return backends;
    },
  };
  adapters.set(tf, adapter);
  return adapter;
}
