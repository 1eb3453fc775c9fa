/**
 * Whether a session really runs where it was asked to: the library puts single nodes, or all of them, on the CPU and
 * says nothing. What tells is whether the GPU, or the browser's neural network API, is given any work in a run.
 */

import type { Executor } from '../core/adapter.js';
import type { Runtime } from './runtime.js';
import type { Ort } from './types.js';

/**
 * Returns what makes a run. The first one of a session that succeeds is looked at: without any work, the session's
 * executor becomes what `instead` gives.
 */
export function witness(
  env: Ort['env'],
  { _replace: replace, _hear: hear }: Runtime,
  devices: WeakMap<object, object>,
  instead: () => Executor,
): <T>(session: object, executor: Executor, call: () => Promise<T>) => Promise<T> {
  const known = new WeakSet<object>();

  /** Where work would be handed over, and by which method. */
  function places(session: object, { backend }: Executor): [place: object, method: string][] {
    if (backend === 'webnn') {
      const { MLContext } = globalThis as { MLContext?: { prototype: object } };
      return MLContext ? [[MLContext.prototype, 'dispatch']] : [];
    }
    if (backend !== 'webgpu') return [];
    const used = new Set([env.webgpu?.device, devices.get(session)] as Partial<GpuDevice>[]);
    return [...used].flatMap((device) => (device?.queue ? [[device.queue, 'submit']] : []));
  }

  return (session, executor, call) => {
    if (known.has(session)) return call();
    const at = places(session, executor);
    if (!at.length) return call(); // behind a proxy, say: it cannot be seen
    let works = 0;
    const undo = at.map(([place, method]) =>
      replace(place, method, (work) => {
        works++;
        return work();
      }),
    );
    const end = () => {
      for (const step of undo) step();
    };
    const done = () => {
      end();
      known.add(session);
      if (!works) Object.assign(executor, instead());
    };
    try {
      const made = call();
      if (!hear(made, done, end)) end();
      return made;
    } catch (error) {
      end();
      throw error;
    }
  };
}

interface GpuDevice {
  queue: object;
}
