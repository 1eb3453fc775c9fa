/** Tells when a GPU backend is a software rasteriser in truth: wasm would be several times as fast. */

import type { Adapter } from '../core/adapter.js';
import type { Host } from '../core/host.js';
import type { Watches, Watching } from '../core/watch.js';
import type { Backend, Device } from '../generated/report.js';

const SOFTWARE = /^(swiftshader|software)$/;
const LOOK_AGAIN_MS = 10_000;

/**
 * One `software_backend` for each backend of the page, of the first model seen on it. The GPU's family is known from
 * the device's facts, which are read anyway: no context is made for this. Returns what is to be called when a
 * model comes under observation.
 */
export function softwareWatch(
  host: Host,
  watches: Watches,
  device: () => Device,
  raise: Watching['_raise'],
  fault: (error: unknown) => void,
): () => void {
  const told = new Set<Backend>();
  let armed = false;

  function look(): void {
    const { gpu } = device();
    let unknown = gpu === undefined;
    for (const [model, { watch, adapter }] of watches) {
      const backend = runningOn(adapter, model);
      if (backend === 'other') unknown = true;
      if (!/^webg/.test(backend) || !SOFTWARE.test(gpu ?? '') || told.has(backend)) continue;
      told.add(backend);
      raise(watch._subject, backend, 'software_backend');
    }
    if (unknown && watches.size) arm();
  }

  function runningOn(adapter: Adapter, model: object): Backend {
    try {
      return adapter.executor(model).backend;
    } catch (error) {
      fault(error);
      return 'cpu';
    }
  }

  function arm(): void {
    if (armed) return;
    armed = true;
    host.after(LOOK_AGAIN_MS, () => {
      armed = false;
      look();
    });
  }

  return arm;
}
