/** Starts TensorFlow.js's backends, and tells when the device behind one is lost. */

import type { Backends, Executor, Lost } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import { watchBackend } from './loss.js';
import type { TensorFlow, TfEngine, TfEnvironment } from './types.js';

const THREADS = 'WASM_HAS_MULTITHREAD_SUPPORT';

/** What TensorFlow.js calls a backend: the three wasm flavours are one to it. */
const tfName = (backend: Backend): string => (backend.startsWith('wasm') ? 'wasm' : backend);

export function createBackends(tf: TensorFlow, executor: () => Executor): Backends {
  const listeners: Lost[] = [];
  const engine = () => tf.engine() as TfEngine;
  const isStarted = (backend: Backend) => !!engine().registry[tfName(backend)];
  const changed = () => {
    const { backendInstance } = engine();
    for (const lost of listeners)
      if (backendInstance) watchBackend(backendInstance, executor().backend, lost);
  };
  return {
    isStarted,
    async start(backend) {
      // The flavour of wasm is fixed when it starts. Plain `wasm` asks for the best there is.
      if (backend === 'wasm-simd' && !isStarted(backend)) (tf.env() as TfEnvironment).set(THREADS, false);
      const started = await tf.setBackend(tfName(backend));
      if (started) changed();
      return started;
    },
    // A backend that is current would stay so, and one whose start is pending keeps TensorFlow.js from all work.
    giveUp(backend) {
      const name = tfName(backend);
      const factory = engine().findBackendFactory(name);
      if (!factory) return;
      engine().removeBackend(name);
      engine().registerBackend(name, factory, 0); // below cpu: for whoever asks for it by name
    },
    async startDefault() {
      await tf.ready();
      changed();
    },
    watchLoss(lost) {
      listeners.push(lost);
      changed();
    },
  };
}
