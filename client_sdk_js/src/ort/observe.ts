/**
 * Puts a session under observation by giving it a `run` of its own. A result on the CPU is there when `run` resolves.
 * One that was asked to stay on the GPU is there when the page's own `getData()` settles: no read is ever added.
 */

import type { Observer } from '../core/adapter.js';
import { define, follow } from '../core/follow.js';
import type { Unread } from '../gpu/unread.js';
import type { OrtSession, OrtTensor } from './types.js';

const awaited = new WeakMap<object, Unread>();
const watchedPrototypes = new WeakSet<object>();

/** Wraps `run`, and `release`, which lets the session go. Returns what puts the session back. */
export function observeSession(
  session: OrtSession,
  observer: Observer,
  /** Told of each result that stays on the GPU. */
  onGpu: (unread: Unread) => void,
): () => void {
  let ended = false;
  const { run, release } = session as { run: Call; release: Call };

  const replacements: Record<string, Call> = {
    run(...args) {
      const call = () => run.apply(session, args);
      const prediction = ended ? undefined : observer.begin();
      return prediction
        ? follow(call, prediction, observer, (result) => settled(result, { prediction, observer }, onGpu))
        : call();
    },
    release(...args) {
      const released = release.apply(session, args);
      observer.disposed();
      return released;
    },
  };
  for (const name in replacements) define(session, name, replacements[name]);

  return () => {
    ended = true;
    // Whoever wrapped it after us keeps their wrapper; ours then only passes calls on.
    for (const name in replacements)
      if ((session as unknown as Record<string, Call>)[name] === replacements[name])
        Reflect.deleteProperty(session, name);
  };
}

type Call = (...args: unknown[]) => unknown;

function settled(result: unknown, unread: Unread, onGpu: (unread: Unread) => void): void {
  const { prediction, observer } = unread;
  observer.dispatched(prediction);
  try {
    const left = Object.values(result ?? {}).filter(({ location }: OrtTensor) =>
      /^gpu|^tex|^ml/.test(location),
    );
    if (!left.length) observer.ready(prediction, 'return', result);
    for (const tensor of left) {
      watchPrototype(tensor);
      awaited.set(tensor, unread);
    }
    if (left.length) onGpu(unread);
  } catch (error) {
    observer.fault(error);
  }
}

function watchPrototype(tensor: OrtTensor): void {
  const owner: OrtTensor = Object.getPrototypeOf(tensor);
  if (watchedPrototypes.has(owner)) return;
  watchedPrototypes.add(owner);
  const original = owner.getData as Call;
  define(owner, 'getData', function (this: OrtTensor, ...args: unknown[]): unknown {
    const call = () => original.apply(this, args);
    const entry = awaited.get(this);
    if (!entry || entry.read) return call();
    entry.read = true;
    const { prediction, observer } = entry;
    return follow(call, prediction, observer, (output) => observer.ready(prediction, 'read', output));
  });
}
