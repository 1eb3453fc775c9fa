/** Which backend runs, told from the engine's fields: `tf.backend()` and `tf.memory()` would start one. */

import type { Executor } from '../core/adapter.js';
import type { Memory } from '../core/memory.js';
import type { Backend } from '../generated/report.js';
import type { TensorFlow, TfEngine, TfEnvironment } from './types.js';

/** What executes models now; `other` while no backend is up. */
export function executorOf(tf: TensorFlow): Executor {
  const { backendInstance: backend, backendName } = tf.engine() as TfEngine;
  const wasm = backend?.wasm;
  const simd = wasm && (tf.env() as TfEnvironment).features.WASM_HAS_SIMD_SUPPORT ? '-simd' : '';
  // Its memory is shared if it took the binary with threads.
  const threads = simd && /Shared/.test(`${wasm?.HEAPU8?.buffer}`) ? '-threads' : '';
  return {
    // By what it is: pages and libraries register backends under names of their own ("humangl").
    backend: backend?.getGPGPUContext
      ? 'webgl'
      : backend?.device
        ? 'webgpu'
        : wasm
          ? (`wasm${simd}${threads}` as Backend)
          : backend && /cpu/.test(backendName)
            ? 'cpu'
            : 'other',
    threads: threads ? wasm?.tfjs?.getThreadsCount?.() : undefined,
  };
}

/** Tensors and bytes of the whole engine. */
export function memoryOf(tf: TensorFlow): Memory | undefined {
  const { state, backendInstance } = tf.engine() as TfEngine;
  // The instance's own memory() reads counters; it is tf.memory() that goes through the backend getter.
  if (!backendInstance) return;
  const held = backendInstance.memory?.();
  return {
    tensors: state.numTensors,
    bytes: state.numBytes,
    gpu_bytes: held?.numBytesInGPU,
    gpu_allocated_bytes: held?.numBytesInGPUAllocated ?? held?.numBytesAllocatedInGPU,
    heap_bytes: backendInstance.wasm?.HEAPU8?.byteLength,
  };
}
