/** The TensorFlow.js adapter: `tfjs(tf)` with the page's own `tf`. */

import type { Adapter, Backends } from '../core/adapter.js';
import { executorOf, memoryOf } from './executor.js';
import type { Extras } from './extras.js';
import { observeModel } from './observe.js';
import type { TensorFlow, TfWasm } from './types.js';

export interface TfjsOptions {
  /**
   * The page's own `@tensorflow/tfjs-backend-wasm` (`import * as wasm`), by which a plan's `wasm_threads` and
   * `wasm_paths` are set. A script tag's is found by itself.
   */
  wasm?: TfWasm;
}

const adapters = new WeakMap<object, { adapter: Adapter; extras: Extras }>();

/** The adapter for a `tf` namespace; the same one for the same `tf`. */
export function tfjs(tf: TensorFlow, { wasm }: TfjsOptions = {}): Adapter {
  const known = adapters.get(tf);
  if (known) {
    known.extras._wasm ??= wasm;
    return known.adapter;
  }
  const executor = () => executorOf(tf);
  const extras: Extras = { _wasm: wasm };
  let backends: Backends | undefined;
  const adapter: Adapter = {
    engine: 'tfjs',
    executor,
    memory: () => memoryOf(tf),
    observe: (model, observer) => observeModel(tf, model, observer, extras),
    async backends() {
      const { createBackends } = await import('./backends.js');
      backends ??= createBackends(tf, executor, extras);
      return backends;
    },
  };
  adapters.set(tf, { adapter, extras });
  return adapter;
}
