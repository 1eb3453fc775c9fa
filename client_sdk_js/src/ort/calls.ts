/**
 * Sees the runs and releases of all sessions, watched or not: a session's first run shows what it runs on, and nothing
 * of ours may overlap a call of the page's. In most builds of onnxruntime-web two calls that overlap both fail.
 */

import type { Executor } from '../core/adapter.js';
import { providerOf } from './available.js';
import type { describe as Describe } from './providers.js';
import type { Runtime } from './runtime.js';
import type { Ort } from './types.js';
import { witness } from './witness.js';

type Call = () => Promise<unknown>;

/** What the page does with the runtime. */
export interface Calls {
  /** Runs, creations and releases under way. */
  _pending: number;
  /** When a run last ended, and when one of this session did, by `performance.now()`. */
  _ranAt?: number;
  _ended: WeakMap<object, number>;
  /** The GPU device of the page's own that it asked a session to be on. */
  _devices: WeakMap<object, object>;
  /** Told of each. */
  _brought?: (device: object) => void;
  /** While a check of ours runs: makes a call when all before it have ended. */
  _inTurn?: (<T>(call: () => Promise<T>) => Promise<T>) | undefined;
}

const known = new WeakMap<Runtime, Calls>();

/** Sees the calls from now on; the same for the same runtime. */
export function watchCalls(env: Ort['env'], runtime: Runtime, describe: typeof Describe): Calls {
  const before = known.get(runtime);
  if (before) return before;
  const calls: Calls = { _pending: 0, _ended: new WeakMap(), _devices: new WeakMap() };
  known.set(runtime, calls);
  const seen = new WeakSet<object>();
  const { _devices: devices } = calls;
  const { _hear: hear, _replace: replace } = runtime;
  const lookAt = witness(env, runtime, devices, () => describe(env, 'wasm', runtime._threads));

  const alive = new WeakSet<object>();
  const memory = { tensors: 0, bytes: 0 };

  runtime._memory = () => ({ ...memory });
  runtime._pass = (make) => {
    const made = pass(make);
    const created = (session: unknown) => {
      alive.add(session as object);
      memory.tensors++;
    };
    hear(made, created, () => undefined); // what failed is none
    return made;
  };
  runtime._look = (session, wanted) => {
    // Where sessions have their methods from: mostly one class.
    const owner = Object.getPrototypeOf(session);
    if (!seen.has(owner)) watch(owner);
    seen.add(owner);
    const executor = runtime._sessions.get(session);
    if (wanted && executor)
      Object.assign(executor, describe(env, providerOf(env, wanted, session), runtime._threads));
    const asked = wanted?.find(({ name }) => name === 'webgpu')?.device;
    if (asked) devices.set(session, asked);
    const device = devices.get(session);
    if (device) calls._brought?.(device);
  };

  function watch(owner: object): void {
    // A library that somebody froze: its sessions are taken to run on what was asked for.
    if (!Object.isExtensible(owner)) return;
    replace(owner, 'run', (call, session) => {
      const executor: Executor | undefined = runtime._sessions.get(session);
      return pass(
        () => (executor ? lookAt(session, executor, call as Call) : (call as Call)()),
        () => {
          calls._ranAt = performance.now();
          calls._ended.set(session, calls._ranAt);
        },
      );
    });
    replace(owner, 'release', (call, session) => {
      if (alive.delete(session)) memory.tensors--;
      return pass(call as Call);
    });
  }

  /**
   * Makes a call of the page's and returns the very promise; only while a check of ours is under way it waits for its turn,
   * and the page gets a promise of it.
   */
  function pass<T>(call: () => Promise<T>, ended?: () => void): Promise<T> {
    const { _inTurn: inTurn } = calls;
    const made = inTurn ? inTurn(call) : call();
    const end = () => {
      calls._pending--;
      if (!inTurn) ended?.(); // the check's own run is no traffic
    };
    if (hear(made, end, end)) calls._pending++;
    return made;
  }

  return calls;
}
