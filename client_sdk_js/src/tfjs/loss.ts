/** Losses of the GPU. TensorFlow.js has no event for them, and a read after a WebGL loss never settles. */

import type { Lost } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import type { TfBackend } from './types.js';

const watched = new WeakMap<TfBackend, Set<Lost>>();

/** Tells `lost` when the device behind a backend goes. Cheap to call again for the same backend. */
export function watchBackend(instance: TfBackend, backend: Backend, lost: Lost): void {
  const known = watched.get(instance);
  if (known) return void known.add(lost);
  const told = new Set([lost]);
  watched.set(instance, told);
  const tell = (kind: Parameters<Lost>[0]) => {
    for (const each of told) each(kind, backend);
  };
  const gl = instance.getGPGPUContext?.().gl;
  gl?.canvas.addEventListener('webglcontextlost', () => tell('context_lost'));
  if (gl?.isContextLost()) tell('context_lost'); // before this file had loaded
  // `destroyed` is the page's own doing.
  const { device } = instance;
  device?.addEventListener?.('uncapturederror', ({ error }) => {
    if (error?.constructor.name === 'GPUOutOfMemoryError') tell('out_of_memory');
  });
  device?.lost.then(({ reason }) => reason !== 'destroyed' && tell('device_lost'));
}
