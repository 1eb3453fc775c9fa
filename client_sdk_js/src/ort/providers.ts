/** What the page asks a session to run on, and what that is on the wire. */

import type { Executor } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import type { Ort } from './types.js';

/** A provider as the page asks for it. */
export interface Provider {
  name: string;
  /** A GPU device of the page's own. */
  device?: object | undefined;
}

/** What is asked for in a session's options; nothing for rubbish, which the library will refuse. */
export function providersOf(options: unknown): Provider[] {
  try {
    const { executionProviders } = options as { executionProviders: (string | Provider)[] };
    return executionProviders.map((each) => (typeof each === 'string' ? { name: each } : each));
  } catch {
    return [];
  }
}

/** What a provider is on the wire. `cpu` is another name of `wasm` in the browser, and what is left without any. */
export function describe(env: Ort['env'], provider = 'wasm', settled?: number): Executor {
  if (!/^(wasm|cpu)$/.test(provider))
    return { backend: /^web(gl|gpu|nn)$/.test(provider) ? (provider as Backend) : 'other' };
  // The only build there is has SIMD. Outside of an isolated page the library makes the count 1 when it starts.
  const threads = settled ?? (globalThis.crossOriginIsolated ? (env.wasm.numThreads ?? 1) : 1);
  return threads > 1 ? { backend: 'wasm-simd-threads', threads } : { backend: 'wasm-simd' };
}
