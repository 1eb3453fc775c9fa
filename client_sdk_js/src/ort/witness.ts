/**
 * Whether a session really runs where it was asked to: the library puts single nodes, or all of them, on the CPU and
 * says nothing. What tells is whether the GPU, or the browser's neural network API, is given any work in a run.
 */

import type { Executor } from '../core/adapter.js';
import type { Ort } from './types.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Returns what makes a run. The first one of a session that succeeds is looked at: without any work, the session's
 * executor becomes what `instead` gives.
 */
export function witness(
  env: Ort['env'],
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
    const undo = at.map(([place, method]) => watch(place, method, () => works++));
    const end = () => {
      for (const step of undo) step();
    };
    const done = <T>(made: T) => {
      known.add(session);
      if (!works) Object.assign(executor, instead());
      return made;
    };
    return call().finally(end).then(done);
  };
}

interface GpuDevice {
  queue: object;
}

/** Is told of the calls of a method, until what it returns is called. */
function watch(place: object, method: string, called: () => void): () => void {
  const before = Object.getOwnPropertyDescriptor(place, method);
  const original = Reflect.get(place, method) as Method;
  const ours: Method = function (...args) {
    called();
    return original.apply(this, args);
  };
  Object.defineProperty(place, method, { value: ours, writable: true, configurable: true });
  return () => {
    if (Reflect.get(place, method) !== ours) return; // somebody wrapped it after us: ours only passes calls on
    if (before) Object.defineProperty(place, method, before);
    else Reflect.deleteProperty(place, method);
  };
}
