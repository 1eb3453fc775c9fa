/** The onnxruntime-web adapter: `ort(ort)` with the page's own `ort`. */

import type { Adapter } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import type { OrtBackends } from './backends.js';
import { observeSession } from './observe.js';
import { bind, describe, watchCreation } from './sessions.js';
import type { Ort, OrtSession } from './types.js';

export interface OrtAdapter extends Adapter {
  /**
   * What to create the session on, for `InferenceSession.create(url, { executionProviders })`.
   *
   * @param backend what `monitor.load` passes to your `load`; undefined is your own choice. Left out: what was chosen
   * last, which is another model's if your `load` waited for something first.
   */
  executionProviders(...backend: [backend?: Backend | undefined]): string[];
}

/**
 * The adapter for the page's sessions, whatever each runs on: that is noted when a session is created. Make it before
 * them; a session that was there already is taken to run on `own`.
 *
 * @param own what the page itself would run on: `wasm` (the default), `webgpu`, `webgl` or `webnn`.
 */
export function ort(ort: Ort, { own = 'wasm' }: { own?: string } = {}): OrtAdapter {
  const { env } = ort;
  let provider = own;
  let backends: OrtBackends | undefined;
  const runtime = watchCreation(ort);
  const executor = (session?: object) => {
    const next = describe(env, provider, runtime);
    return session ? bind(runtime, session, next) : next;
  };
  const providerOf = (backend: Backend | undefined) =>
    backend?.startsWith('wasm') ? 'wasm' : (backend ?? own);

  return {
    engine: 'onnxruntime',
    executor,
    memory: () => undefined, // onnxruntime-web counts neither tensors nor bytes
    executionProviders: (...backend) => [backend.length ? providerOf(backend[0]) : provider],
    observe(session, observer) {
      bind(runtime, session, describe(env, own, runtime));
      backends?._observed();
      return observeSession(session as OrtSession, observer, (unread) => backends?._unread(unread));
    },
    async backends() {
      const { createOrtBackends } = await import('./backends.js');
      backends ??= createOrtBackends(env, runtime, executor, (wanted) => {
        provider = providerOf(wanted);
      });
      return backends;
    },
  };
}
