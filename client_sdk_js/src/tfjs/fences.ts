/** Fences behind predictions of TensorFlow.js on webgl and webgpu whose outputs the page does not read. */

import { type GpuDevice, webglFence, webgpuFence } from '../gpu/fence.js';
import { fenceUnread, type Unread } from '../gpu/unread.js';
import type { TensorFlow, TfEngine } from './types.js';

/** Returns what is to be told of every result on the GPU. */
export const tfjsFences = (tf: TensorFlow): ((unread: Unread) => void) =>
  fenceUnread(() => {
    const backend = (tf.engine() as TfEngine).backendInstance;
    // Somebody is timing kernels: a flush of ours would be in their figures.
    if (!backend || backend.activeTimers) return;
    const { device } = backend;
    if (!device) {
      const gl = backend.getGPGPUContext?.().gl;
      return gl && webglFence(gl);
    }
    // It submits every fifteenth dispatch, and the rest when somebody reads: so would a read here.
    if (backend.commandEncoder) {
      backend.endComputePassEncoder?.();
      backend.submitQueue?.();
    }
    return webgpuFence(device as GpuDevice);
  });
