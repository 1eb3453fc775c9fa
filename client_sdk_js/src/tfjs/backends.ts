/** Starts TensorFlow.js's backends, and tells when the device behind one is lost. */

import type { Adapter, Backends, Lost, WasmSettings } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import { addExtras } from './add_extras.js';
import type { Extras } from './extras.js';
import { watchBackend } from './loss.js';
import { servingTo } from './serving.js';
import type { TensorFlow, TfEngine, TfEnvironment } from './types.js';

const THREADS = 'WASM_HAS_MULTITHREAD_SUPPORT';
/** One for each flavour. Which one it takes is found out when it starts. */
const FILES = ['', '-simd', '-threaded-simd'].map((flavour) => `tfjs-backend-wasm${flavour}.wasm`);

/** What TensorFlow.js calls a backend: the three wasm flavours are one to it. */
const tfName = (backend: Backend): string => (backend.startsWith('wasm') ? 'wasm' : backend);

/** What starts soon and is seldom bad first: the others are then held against it. */
const RACED = ['wasm', 'webgl', 'webgpu', 'cpu'] as const;

const known = new WeakMap<object, Backends>();

/** The backends of an adapter; the same ones each time. */
export function backendsOf(tf: TensorFlow, adapter: Adapter & Extras): Backends {
  const backends = known.get(adapter) ?? createBackends(tf, adapter);
  known.set(adapter, backends);
  return backends;
}

function createBackends(tf: TensorFlow, adapter: Adapter & Extras): Backends {
  const { executor } = adapter;
  const listeners: Lost[] = [];
  /** There was no backend before a race that nobody won. */
  let picksAnew = false;
  const engine = () => tf.engine() as TfEngine;
  const isStarted = (backend: Backend) => !!engine().registry[tfName(backend)];
  const changed = () => {
    gpuMayHaveStarted();
    const { backendInstance } = engine();
    for (const lost of listeners)
      if (backendInstance) watchBackend(backendInstance, executor().backend, lost);
  };

  /** Threads and paths hold for a wasm backend that has not started: it takes both when it does. */
  async function prepareWasm({ threads, paths }: WasmSettings): Promise<void> {
    const where = await paths?.(FILES);
    const { setThreadsCount, setWasmPaths } = adapter._wasm ?? tf.wasm ?? {};
    if ((threads && !setThreadsCount) || (where && !setWasmPaths))
      console.warn('inferfleet: wasm_threads and wasm_paths of the plan need tfjs(tf, { wasm })');
    if (threads) setThreadsCount?.(threads);
    if (where) setWasmPaths?.(where);
  }

  /** Picks as the library does, which it does only while it has no backend. */
  async function pick(): Promise<void> {
    const { registryFactory: offered } = engine();
    const rank = (name: string) => offered[name]?.priority ?? 0;
    const names = Object.keys(offered).sort((one, other) => rank(other) - rank(one));
    for (const name of names) if (await tf.setBackend(name).catch(() => false)) return;
  }

  const gpuMayHaveStarted = addExtras(tf, executor, adapter);
  return {
    version: tf.version_core,
    offers: () => RACED.filter((backend) => engine().findBackendFactory(backend)),
    isStarted,
    async start(backend, wasm = {}) {
      if (tfName(backend) === 'wasm' && !isStarted(backend)) {
        // The flavour is fixed when it starts, too. Plain `wasm` asks for the best there is.
        if (backend === 'wasm-simd') (tf.env() as TfEnvironment).set(THREADS, false);
        await prepareWasm(wasm);
      }
      const started = await tf.setBackend(tfName(backend));
      if (started) {
        picksAnew = false;
        changed();
      }
      return started;
    },
    restorer() {
      const { backendName } = engine();
      return async () => {
        // Not before somebody asks for it: what the library would pick may take long to start.
        if (backendName) await tf.setBackend(backendName);
        else picksAnew = true;
        changed();
      };
    },
    // A backend that is current would stay so, and one whose start is pending keeps TensorFlow.js from all work.
    giveUp(backend, staysPicked) {
      const name = executor().backend === backend ? engine().backendName : tfName(backend);
      const factory = engine().findBackendFactory(name);
      if (!factory) return;
      const { priority = 0 } = (staysPicked && engine().registryFactory[name]) || {};
      engine().removeBackend(name);
      engine().registerBackend(name, factory, priority); // 0 is below cpu: for whoever asks for it by name
    },
    async startDefault() {
      await (picksAnew ? pick() : tf.ready());
      picksAnew = false;
      changed();
    },
    serve: servingTo(tf),
    trace: async (makings) => (await import('./tensors.js')).watchTensors(tf, makings),
    watchLoss(lost) {
      listeners.push(lost);
      changed();
    },
  };
}
