/** Losses of the GPU. TensorFlow.js has no event for them, and a read after a WebGL loss never settles. */

import type { Backend } from '../generated/report.js';
import { engineOf, executorOf } from './executor.js';
import type { TensorFlow, TfBackend } from './types.js';

export type Lost = (kind: 'context_lost' | 'device_lost', backend: Backend) => void;

const watched = new WeakMap<TfBackend, Set<Lost>>();

/** Tells `lost` when the device behind the current backend goes. Cheap to call again for the same backend. */
export function watchCurrentBackend(tf: TensorFlow, lost: Lost): void {
  const instance = engineOf(tf).backendInstance;
  if (!instance) return;
  const { backend } = executorOf(tf);
  const known = watched.get(instance);
  if (known) return void known.add(lost);
  const told = new Set([lost]);
  watched.set(instance, told);
  const tell = (kind: Parameters<Lost>[0]) => {
    for (const each of told) each(kind, backend);
  };
  instance.getGPGPUContext?.().gl.canvas.addEventListener('webglcontextlost', () => tell('context_lost'));
  // `destroyed` is the page's own doing.
  instance.device?.lost.then(({ reason }) => reason !== 'destroyed' && tell('device_lost'));
}
