/**
 * What each session runs on. A session does not tell, so it is noted when it is created, by an
 * `InferenceSession.create` of ours in front of the page's, and looked at while it runs for the first time. Both pass
 * calls on as they are.
 */

import type { Executor } from '../core/adapter.js';
import { type Around, follow, hear, replace } from '../core/follow.js';
import { describe, providersOf } from './providers.js';
import type { Runtime } from './runtime.js';
import type { Ort } from './types.js';

const runtimes = new WeakMap<Ort['env'], Runtime>();

/** The runtime of a library, whose new sessions are noted from now on. */
export function watchCreation({ env, InferenceSession }: Ort): Runtime {
  const known = runtimes.get(env);
  if (known) return known;
  const runtime: Runtime = {
    _used: new Set(),
    _sessions: new WeakMap(),
    _replace: replace,
    _hear: hear,
    _follow: follow,
  };
  runtimes.set(env, runtime);
  try {
    replace(InferenceSession as object, 'create', noting(env, runtime));
  } catch {
    // There is none, or somebody froze it: its sessions are taken to run on what the page says.
  }
  return runtime;
}

function noting(env: Ort['env'], runtime: Runtime): Around {
  return (run, _, args) => {
    const wanted = providersOf(args.at(-1));
    const providers = wanted.map(({ name }) => name).join();
    const make = run as () => Promise<object>;
    const call = () => runtime._pass?.(make) ?? make();
    const { _starting: starting } = runtime;
    // Two that start it at once for different providers make it fail for the whole page life. A page by itself has
    // one provider; one that is steered must not pay for having two. Only then the page gets a promise of ours.
    const made = starting && starting.providers !== providers ? starting.made.then(call, call) : call();
    if (runtime._threads === undefined) runtime._starting ??= { providers, made };
    // Whoever asks for more than the CPU may get less. Where that part is not there, what was asked for is believed.
    if (!/^(wasm|cpu|,)*$/.test(providers))
      runtime._calls ??= import('./backends.js').then(
        ({ watchCalls }) => void watchCalls(env, runtime, describe),
        () => (runtime._calls = undefined),
      );
    const { _calls: calls } = runtime;
    const started = () => {
      if (!/^webgl/.test(providers)) runtime._threads ??= env.wasm.numThreads ?? 1;
      runtime._starting = undefined;
    };
    hear(
      made,
      (session) => {
        started();
        bind(runtime, session as object, describe(env, wanted[0]?.name, runtime._threads));
        calls?.then(() => runtime._look?.(session as object, wanted));
      },
      started,
    );
    return made;
  };
}

/** Notes what a session runs on, unless that is known better; returns what is known. */
export function bind(runtime: Runtime, session: object, executor: Executor): Executor {
  const { _sessions: sessions } = runtime;
  const known = sessions.get(session) ?? executor;
  sessions.set(session, known);
  runtime._used.add(known.backend);
  runtime._look?.(session);
  return known;
}
