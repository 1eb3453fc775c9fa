/**
 * What each session runs on. A session does not tell, so it is noted when it is created, by an
 * `InferenceSession.create` of ours in front of the page's: it passes calls on as they are.
 */

import type { Executor } from '../core/adapter.js';
import { define } from '../core/follow.js';
import type { Backend } from '../generated/report.js';
import type { Ort } from './types.js';

type Create = (this: unknown, ...args: unknown[]) => Promise<object>;

/** The one runtime that a library has in a page. */
export interface Runtime {
  /** Its wasm threads, once it has started: they do not change afterwards. */
  _threads?: number;
  /** The execution providers of the session that starts it, while it does. */
  _starting?: { providers: string; made: Promise<unknown> } | undefined;
  /** What sessions run on. */
  _used: Set<Backend>;
}

const executors = new WeakMap<object, Executor>();
const runtimes = new WeakMap<Ort['env'], Runtime>();

/** The runtime of a library, whose new sessions are noted from now on. */
export function watchCreation({ env, InferenceSession }: Ort): Runtime {
  const known = runtimes.get(env);
  if (known) return known;
  const runtime: Runtime = { _used: new Set() };
  runtimes.set(env, runtime);
  try {
    const create = InferenceSession?.create as Create;
    if (create) define(InferenceSession as object, 'create', noting(create, env, runtime));
  } catch {
    // A library that somebody froze: its sessions are taken to run on what the page says.
  }
  return runtime;
}

function noting(create: Create, env: Ort['env'], runtime: Runtime): Create {
  return function (this: unknown, ...args: unknown[]) {
    const wanted = providersOf(args.at(-1));
    const providers = wanted.join();
    const call = () => create.apply(this, args);
    const { _starting: starting } = runtime;
    // Two that start it at once for different providers make it fail for the whole page life. A page by itself has
    // one provider; one that is steered must not pay for having two.
    const made = starting && starting.providers !== providers ? starting.made.then(call, call) : call();
    if (runtime._threads === undefined) runtime._starting ??= { providers, made };
    const started = () => {
      if (wanted[0] !== 'webgl') runtime._threads ??= env.wasm.numThreads ?? 1;
      runtime._starting = undefined;
    };
    return made.then(
      (session) => {
        started();
        // The library leaves out what is not available, and goes on to the next.
        const provider = wanted.find((each) => each !== 'webgpu' || env.webgpu?.device);
        bind(runtime, session, describe(env, provider, runtime));
        return session;
      },
      (error) => {
        started();
        throw error;
      },
    );
  };
}

/** Notes what a session runs on, unless that is known better; returns what is known. */
export function bind(runtime: Runtime, session: object, executor: Executor): Executor {
  const known = executors.get(session) ?? executor;
  executors.set(session, known);
  runtime._used.add(known.backend);
  return known;
}

/** What a provider is on the wire. `cpu` is another name of `wasm` in the browser, and what is left without any. */
export function describe(env: Ort['env'], provider = 'wasm', { _threads: settled }: Runtime): Executor {
  if (!/^(wasm|cpu)$/.test(provider))
    return { backend: /^web(gl|gpu|nn)$/.test(provider) ? (provider as Backend) : 'other', threads: 0 };
  // The only build there is has SIMD. Outside of an isolated page the library makes the count 1 when it starts.
  const threads = settled ?? (globalThis.crossOriginIsolated ? (env.wasm.numThreads ?? 1) : 1);
  return threads > 1 ? { backend: 'wasm-simd-threads', threads } : { backend: 'wasm-simd', threads: 0 };
}

/** The names out of a session's options; without any, and for rubbish that the library will refuse, wasm. */
function providersOf(options: unknown): string[] {
  try {
    const { executionProviders } = options as { executionProviders: (string | { name: string })[] };
    const names = executionProviders.map((each) => (typeof each === 'string' ? each : each.name));
    return names[0] ? names : ['wasm'];
  } catch {
    return ['wasm'];
  }
}
