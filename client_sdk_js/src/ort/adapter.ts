/** The onnxruntime-web adapter: `ort(ort)` with the page's own `ort`. */

import type { Adapter } from '../core/adapter.js';
import type { Backend } from '../generated/report.js';
import type { OrtBackends } from './backends.js';
import { observeSession } from './observe.js';
import { describe } from './providers.js';
import { bind, watchCreation } from './sessions.js';
import type { Ort, OrtBuild, OrtSession } from './types.js';

export interface OrtOptions {
  /** What the page itself would run on: `wasm` (the default), `webgpu`, `webgl` or `webnn`. */
  own?: string;
  /**
   * The build of the library that the page imports: `jsep` for `onnxruntime-web`, `asyncify` for its `/webgpu`, `jspi`
   * for its `/jspi`, and nothing for its `/wasm`. A plan's `wasm_paths` are then good when they have the files of this
   * build; without it, only when they have those of all.
   */
  build?: OrtBuild;
}

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
 */
export function ort(ort: Ort, { own = 'wasm', build }: OrtOptions = {}): OrtAdapter {
  const { env } = ort;
  let provider = own;
  let backends: OrtBackends | undefined;
  const runtime = watchCreation(ort);
  const executor = (session?: object) => {
    const next = describe(env, provider, runtime._threads);
    return session ? bind(runtime, session, next) : next;
  };
  const nameOf = (backend: Backend | undefined) => (backend?.startsWith('wasm') ? 'wasm' : (backend ?? own));

  return {
    engine: 'onnxruntime',
    executor,
    // onnxruntime-web counts neither tensors nor bytes; but a page may create sessions and release none.
    memory: () => runtime._memory?.(),
    executionProviders: (...backend) => [backend.length ? nameOf(backend[0]) : provider],
    observe(session, observer) {
      bind(runtime, session, describe(env, own, runtime._threads));
      backends?._observed();
      return observeSession(session as OrtSession, observer, (left, unread) => backends?._left(left, unread));
    },
    async backends() {
      const { createOrtBackends } = await import('./backends.js');
      backends ??= createOrtBackends(env, runtime, executor, build, describe, (wanted) => {
        provider = nameOf(wanted);
      });
      return backends;
    },
  };
}
