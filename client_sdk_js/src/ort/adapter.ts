/** The onnxruntime-web adapter: `ort(ort)` with the page's own `ort`. */

import type { Adapter, Backends, Executor } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import { observeSession } from './observe.js';
import type { Ort, OrtSession } from './types.js';

export interface OrtAdapter extends Adapter {
  /**
   * What to create the session on, for `InferenceSession.create(url, { executionProviders })`: the plan's choice when
   * `monitor.load` calls the page's `load`, else the page's own.
   */
  executionProviders(): string[];
}

/**
 * An adapter for sessions that share an execution provider; make one for each provider in use. A session does not
 * tell what it runs on, so it is what `executionProviders()` said, or `own` for a session that is only wrapped.
 *
 * @param own what the page itself would run on: `wasm` (the default), `webgpu`, `webgl` or `webnn`.
 */
export function ort(ort: Ort, { own = 'wasm' }: { own?: string } = {}): OrtAdapter {
  let provider = own;
  let backends: Backends | undefined;

  function executor(): Executor {
    if (provider !== 'wasm')
      return { backend: /^webg(l|pu)$/.test(provider) ? (provider as Backend) : 'other', threads: 0 };
    // The only build there is has SIMD. The count is settled when the first session starts.
    const { numThreads = 1 } = ort.env.wasm;
    return numThreads > 1 && globalThis.crossOriginIsolated
      ? { backend: 'wasm-simd-threads', threads: numThreads }
      : { backend: 'wasm-simd', threads: 0 };
  }

  return {
    engine: 'onnxruntime',
    executor,
    memory: () => undefined, // onnxruntime-web counts neither tensors nor bytes
    executionProviders: () => [provider],
    observe: (session, observer) => observeSession(session as OrtSession, observer),
    async backends() {
      const { createOrtBackends } = await import('./backends.js');
      backends ??= createOrtBackends(ort, executor, (wanted) => {
        provider = wanted ?? own;
      });
      return backends;
    },
  };
}
