/** Which backend runs, told from the engine's fields: `tf.backend()` and `tf.memory()` would start one. */

import type { Executor } from '../core/adapter.js';
import type { Memory } from '../core/memory.js';
import type { Backend } from '../generated/report.js';
import type { TensorFlow, TfBackend, TfEngine, TfEnvironment } from './types.js';

const described = new WeakMap<TfBackend, Executor>();

/** What executes models now; `other` while no backend is up. */
export function executorOf(tf: TensorFlow): Executor {
  const { backendInstance, backendName } = tf.engine() as TfEngine;
  if (!backendInstance) return { backend: 'other' };
  const executor = described.get(backendInstance) ?? describe(tf, backendName, backendInstance);
  described.set(backendInstance, executor);
  return executor;
}

function describe(tf: TensorFlow, name: string, backend: TfBackend): Executor {
  const { wasm } = backend;
  // By what it is: pages and libraries register backends under names of their own ("humangl").
  if (!wasm)
    return {
      backend: backend.getGPGPUContext
        ? 'webgl'
        : backend.device
          ? 'webgpu'
          : /cpu/.test(name)
            ? 'cpu'
            : 'other',
    };
  // It evaluated the flag before it started. Its memory is shared if it took the binary with threads.
  const { features } = tf.env() as TfEnvironment;
  const simd = features.WASM_HAS_SIMD_SUPPORT ? '-simd' : '';
  const threads = simd && /Shared/.test(`${wasm.HEAPU8?.buffer}`) ? '-threads' : '';
  return {
    backend: `wasm${simd}${threads}` as Backend,
    threads: threads ? wasm.tfjs?.getThreadsCount?.() : undefined,
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
