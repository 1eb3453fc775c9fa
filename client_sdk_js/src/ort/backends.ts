/** Chooses execution providers. A session is bound to its own, so that choosing starts nothing yet. */

import type { Backends, Executor } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import type { Ort } from './types.js';

type Device = { lost: Promise<{ reason?: string }> } | undefined;

export function createOrtBackends(
  ort: Ort,
  executor: () => Executor,
  /** undefined: the page's own. */
  choose: (provider: string | undefined) => void,
): Backends {
  const watched = new WeakSet<object>();
  return {
    // What starting takes is part of creating the session.
    isStarted: () => true,
    async start(backend: Backend) {
      if (backend === 'webgpu' && !(globalThis.navigator as { gpu?: unknown } | undefined)?.gpu) return false;
      if (!/^(wasm|webg)/.test(backend)) return false;
      // Holds for the first session only: afterwards its threads run.
      if (backend === 'wasm-simd') ort.env.wasm.numThreads = 1;
      choose(backend.startsWith('wasm') ? 'wasm' : backend);
      return true;
    },
    async startDefault() {
      choose(undefined);
    },
    watchLoss(lost) {
      if (executor().backend !== 'webgpu') return;
      Promise.resolve(ort.env.webgpu?.device as Device).then((device) => {
        if (!device || watched.has(device)) return;
        watched.add(device);
        // `destroyed` is the page's own doing.
        device.lost.then(({ reason }) => reason !== 'destroyed' && lost('device_lost', 'webgpu'));
      }, ignore);
    },
  };
}

/** A page without a device has none to lose. */
const ignore = (): void => undefined;
