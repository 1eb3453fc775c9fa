/** The TensorFlow.js adapter: `tfjs(tf)` with the page's own `tf`. */

import type { Adapter } from '../core/adapter.js';
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

const adapters = new WeakMap<object, Adapter & Extras>();

/** The adapter for a `tf` namespace; the same one for the same `tf`. */
export function tfjs(tf: TensorFlow, { wasm }: TfjsOptions = {}): Adapter {
  const known = adapters.get(tf);
  if (known) {
    known._wasm ??= wasm;
    return known;
  }
  const adapter: Adapter & Extras = {
    engine: 'tfjs',
    executor: () => executorOf(tf),
    memory: () => memoryOf(tf),
    observe: (model, observer) => observeModel(tf, model, observer, adapter),
    backends: async () => (await import('./backends.js')).backendsOf(tf, adapter),
    _wasm: wasm,
  };
  adapters.set(tf, adapter);
  return adapter;
}
