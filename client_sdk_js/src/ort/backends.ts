/** Chooses execution providers. A session is bound to its own, so that choosing starts nothing yet. */

import type { Adapter, Backends, Lost, WasmSettings } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import { type GpuDevice, webgpuFence } from '../gpu/fence.js';
import { fenceUnread, type Unread } from '../gpu/unread.js';
import type { Runtime } from './sessions.js';
import type { Ort } from './types.js';

export interface OrtBackends extends Backends {
  /** A session came under observation: its device may be a new one. */
  _observed(): void;
  /** A result stays on the GPU. */
  _unread(unread: Unread): void;
}

/** The library's builds; a page has the files of one of them. */
const FILES = ['', '.jsep', '.asyncify', '.jspi'].map((build) => `ort-wasm-simd-threaded${build}.wasm`);
/** What a browser must have for a backend. */
const NEEDS: Partial<Record<Backend, string>> = { webgpu: 'gpu', webnn: 'ml' };

export function createOrtBackends(
  env: Ort['env'],
  runtime: Runtime,
  executor: Adapter['executor'],
  /** undefined: the page's own. */
  choose: (backend: Backend | undefined) => void,
): OrtBackends {
  const listeners: Lost[] = [];
  const watched = new WeakSet<object>();
  let own: Ort['env']['wasm'] | undefined;

  const tell = (kind: Parameters<Lost>[0], backend: Backend): void => {
    for (const lost of listeners) lost(kind, backend, (model) => executor(model).backend === backend);
  };

  /** Listens to each device once. Only of what sessions run on: asking for another would make one. */
  async function listen(): Promise<void> {
    const { _used: used } = runtime;
    if (!listeners.length) return;
    const canvas = used.has('webgl') && (env.webgl?.context as WebGLRenderingContext | undefined)?.canvas;
    if (canvas && !watched.has(canvas)) {
      watched.add(canvas);
      canvas.addEventListener('webglcontextlost', () => tell('context_lost', 'webgl'));
    }
    const device = used.has('webgpu') && ((await env.webgpu?.device) as GpuDevice | undefined);
    if (!device || watched.has(device)) return;
    watched.add(device);
    // `destroyed` is the page's own doing.
    device.lost.then(({ reason }) => reason !== 'destroyed' && tell('device_lost', 'webgpu'));
  }

  /** Threads and paths hold for a runtime that has not started: it takes both when it does, for all providers. */
  async function prepareWasm(backend: Backend, { threads, paths }: WasmSettings): Promise<void> {
    const isStarted = () => runtime._threads !== undefined || runtime._starting;
    if (isStarted()) return;
    const where = await paths?.(FILES);
    if (isStarted()) return;
    const { numThreads, wasmPaths } = env.wasm;
    own ??= { numThreads, wasmPaths };
    const count = backend === 'wasm-simd' ? 1 : threads;
    if (count) env.wasm.numThreads = count;
    if (where) env.wasm.wasmPaths = where;
  }

  return {
    perModel: true,
    // What starting takes is part of creating the session.
    isStarted: () => true,
    async start(backend, wasm = {}) {
      const need = NEEDS[backend];
      if (need && !Reflect.get(globalThis.navigator ?? {}, need)) return false;
      if (!/^(wasm|web)/.test(backend)) return false;
      await prepareWasm(backend, wasm);
      choose(backend);
      return true;
    },
    async startDefault() {
      // What an attempt before this one set was the plan's.
      if (runtime._threads === undefined) Object.assign(env.wasm, own);
      choose(undefined);
    },
    watchLoss(lost) {
      listeners.push(lost);
      listen().catch(ignore);
    },
    _observed: () => void listen().catch(ignore),
    _unread: fenceUnread(() => {
      const device = env.webgpu?.device as Partial<GpuDevice> | undefined;
      return device?.queue && webgpuFence(device as GpuDevice);
    }),
  };
}

/** A page without a device has none to lose. */
const ignore = (): void => undefined;
