/** The TensorFlow.js adapter: `tfjs(tf)` with the page's own `tf`. */

import type { Adapter } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import { engineOf, environmentOf, executorOf, memoryOf } from './executor.js';
import { type Lost, watchCurrentBackend } from './loss.js';
import { observeModel } from './observe.js';
import type { TensorFlow } from './types.js';

const THREADS = 'WASM_HAS_MULTITHREAD_SUPPORT';

/** What TensorFlow.js calls a backend: the three wasm flavours are one to it. */
const tfName = (backend: Backend): string => (backend.startsWith('wasm') ? 'wasm' : backend);

const adapters = new WeakMap<object, Adapter>();

/** The adapter for a `tf` namespace; the same one for the same `tf`. */
export function tfjs(tf: TensorFlow): Adapter {
  const known = adapters.get(tf);
  if (known) return known;
  const lossListeners: Lost[] = [];
  const backendChanged = () => {
    for (const lost of lossListeners) watchCurrentBackend(tf, lost);
  };
  const adapter: Adapter = {
    engine: 'tfjs',
    executor: () => executorOf(tf),
    memory: () => memoryOf(tf),
    isStarted: (backend) => !!engineOf(tf).registry[tfName(backend)],
    async start(backend) {
      const name = tfName(backend);
      // The flavour of wasm is fixed when it starts. Plain `wasm` asks for the best there is.
      if (backend === 'wasm-simd' && !adapter.isStarted(backend)) environmentOf(tf).set(THREADS, false);
      const started = await tf.setBackend(name);
      if (started) backendChanged();
      return started;
    },
    async startDefault() {
      await tf.ready();
      backendChanged();
    },
    observe(model, observer) {
      return observeModel(tf, model, observer);
    },
    watchLoss(lost) {
      lossListeners.push(lost);
      backendChanged();
    },
  };
  adapters.set(tf, adapter);
  return adapter;
}
