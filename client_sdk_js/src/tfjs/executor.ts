/** Which backend runs, told from the engine's fields: `tf.backend()` and `tf.memory()` would start one. */

import type { Executor } from '../core/adapter.js';
import type { Memory } from '../core/memory.js';
import type { Backend } from '../generated/report.js';
import type { TensorFlow, TfBackend, TfEngine, TfEnvironment } from './types.js';

export const engineOf = (tf: TensorFlow): TfEngine => tf.engine() as TfEngine;
export const environmentOf = (tf: TensorFlow): TfEnvironment => tf.env() as TfEnvironment;

const NONE: Executor = { backend: 'other', threads: 0 };
const described = new WeakMap<TfBackend, Executor>();

/** What executes models now; `other` while no backend is up. */
export function executorOf(tf: TensorFlow): Executor {
  const { backendInstance, backendName } = engineOf(tf);
  if (!backendInstance) return NONE;
  let executor = described.get(backendInstance);
  if (!executor) {
    executor = describe(tf, backendName, backendInstance);
    described.set(backendInstance, executor);
  }
  return executor;
}

function describe(tf: TensorFlow, name: string, backend: TfBackend): Executor {
  if (name === 'wasm') {
    // The wasm backend evaluated both flags before it started, and took its binary by them.
    const { features } = environmentOf(tf);
    const simd = features.WASM_HAS_SIMD_SUPPORT === true;
    const threaded = simd && features.WASM_HAS_MULTITHREAD_SUPPORT === true;
    const threads = threaded ? (backend.wasm?.tfjs?.getThreadsCount?.() ?? 0) : 0;
    return { backend: threaded ? 'wasm-simd-threads' : simd ? 'wasm-simd' : 'wasm', threads };
  }
  return { backend: ['cpu', 'webgl', 'webgpu'].includes(name) ? (name as Backend) : 'other', threads: 0 };
}

/** Tensors and bytes of the whole engine. */
export function memoryOf(tf: TensorFlow): Memory | undefined {
  const { state, backendInstance } = engineOf(tf);
  if (!backendInstance) return undefined;
  // The instance's own memory() reads counters; it is tf.memory() that goes through the backend getter.
  const gpu = backendInstance.memory?.().numBytesInGPU;
  return { tensors: state.numTensors, bytes: state.numBytes, gpu };
}
