/**
 * Puts a session under observation by giving it a `run` of its own. A result on the CPU is there when `run` resolves.
 * One that was asked to stay on the GPU is there when the page's own `getData()` settles: no read is ever added.
 */

import type { Observer, Prediction } from '../core/adapter.js';
import { define, follow } from '../core/follow.js';
import type { OrtSession, OrtTensor } from './types.js';

interface Awaited {
  prediction: Prediction;
  observer: Observer;
  /** One of the outputs was read. */
  read?: boolean;
}

const awaited = new WeakMap<object, Awaited>();
const watchedPrototypes = new WeakSet<object>();

/** Wraps `run`, and `release`, which lets the session go. Returns what puts the session back. */
export function observeSession(session: OrtSession, observer: Observer): () => void {
  let ended = false;
  const { run, release } = session as { run: Call; release: Call };

  const replacements: Record<string, Call> = {
    run(...args) {
      const call = () => run.apply(session, args);
      const prediction = ended ? undefined : observer.begin();
      return prediction
        ? follow(call, prediction, observer, (result) => settled(result, prediction, observer))
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

function settled(result: unknown, prediction: Prediction, observer: Observer): void {
  observer.dispatched(prediction);
  try {
    const onGpu = Object.values(result ?? {}).filter(({ location }: OrtTensor) =>
      /^gpu|^tex|^ml/.test(location),
    );
    if (!onGpu.length) observer.ready(prediction, 'return', result);
    const entry = { prediction, observer };
    for (const tensor of onGpu) {
      watchPrototype(tensor);
      awaited.set(tensor, entry);
    }
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
