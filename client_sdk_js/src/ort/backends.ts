/** Chooses execution providers. A session is bound to its own, so that choosing starts nothing yet. */

import type { Adapter, Backends, Lost, WasmSettings } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import { type GpuDevice, webgpuFence } from '../gpu/fence.js';
import { fenceUnread, type Unread } from '../gpu/unread.js';
import { watchCalls } from './calls.js';
import { awaitRead } from './left.js';
import type { describe as Describe } from './providers.js';
import type { Runtime } from './runtime.js';
import { turnsOf } from './turns.js';
import type { Ort, OrtBuild, OrtTensor } from './types.js';

export { watchCalls } from './calls.js'; // in one file with this part, which needs it too

export interface OrtBackends extends Backends {
  /** A session came under observation: its device may be a new one. */
  _observed(): void;
  /** These outputs of a result stay on the GPU. */
  _left(left: OrtTensor[], unread: Unread): void;
}

/** A page imports one of them, which does not tell its name. */
const BUILDS: OrtBuild[] = ['', 'jsep', 'asyncify', 'jspi'];
/** With a folder to fetch from, the script comes from there, too: also where the page has it in its bundle. */
const filesOf = (build: OrtBuild) =>
  ['wasm', 'mjs'].map((kind) => `ort-wasm-simd-threaded${build && `.${build}`}.${kind}`);
/** What a browser must have for a backend. */
const NEEDS: Partial<Record<Backend, string>> = { webgpu: 'gpu', webnn: 'ml' };

export function createOrtBackends(
  env: Ort['env'],
  runtime: Runtime,
  executor: Adapter['executor'],
  build: OrtBuild | undefined,
  describe: typeof Describe,
  /** undefined: the page's own. */
  choose: (backend: Backend | undefined) => void,
): OrtBackends {
  const listeners: Lost[] = [];
  const watched = new WeakSet<object>();
  let own: Ort['env']['wasm'] | undefined;

  const tell = (kind: Parameters<Lost>[0], backend: Backend, wasOn = (_model: object) => true): void => {
    for (const lost of listeners)
      lost(kind, backend, (model) => executor(model).backend === backend && wasOn(model));
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
    if (device) hear(device, (model) => !calls._devices.has(model));
  }

  function hear(device: GpuDevice, wasOn: (model: object) => boolean): void {
    if (watched.has(device)) return;
    watched.add(device);
    // `destroyed` is the page's own doing.
    device.lost.then(({ reason }) => reason !== 'destroyed' && tell('device_lost', 'webgpu', wasOn));
  }

  const unreadOnes = fenceUnread(() => {
    const device = env.webgpu?.device as Partial<GpuDevice> | undefined;
    return device?.queue && webgpuFence(device as GpuDevice);
  });
  const calls = watchCalls(env, runtime, describe);
  calls._brought = (device) => hear(device as GpuDevice, (model) => calls._devices.get(model) === device);

  /** Threads and paths hold for a runtime that has not started: it takes both when it does, for all providers. */
  async function prepareWasm(backend: Backend, { threads, paths }: WasmSettings): Promise<void> {
    const isStarted = () => runtime._threads !== undefined || runtime._starting;
    if (isStarted()) return;
    const where = await paths?.((build === undefined ? BUILDS : [build]).flatMap(filesOf));
    if (isStarted()) return;
    const { numThreads, wasmPaths } = env.wasm;
    own ??= { numThreads, wasmPaths };
    const count = backend === 'wasm-simd' ? 1 : threads;
    if (count) env.wasm.numThreads = count;
    if (where) env.wasm.wasmPaths = where;
  }

  const isThere = (backend: Backend): boolean => {
    const need = NEEDS[backend];
    return !need || !!Reflect.get(globalThis.navigator ?? {}, need);
  };

  return {
    perModel: true,
    version: env.versions?.common,
    offers: () => (['wasm', 'webgpu'] as const).filter(isThere),
    // What starting takes is part of creating the session.
    isStarted: () => true,
    async start(backend, wasm = {}) {
      if (!isThere(backend)) return false;
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
    trace: async (makings) => (await import('./made.js')).watchSessions(runtime, makings),
    ...turnsOf(calls),
    _observed: () => void listen().catch(ignore),
    _left(left, unread) {
      awaitRead(left, unread, runtime);
      unreadOnes(unread);
    },
  };
}

/** A page without a device has none to lose. */
const ignore = (): void => undefined;
