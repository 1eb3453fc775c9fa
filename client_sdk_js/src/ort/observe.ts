/**
 * Puts a session under observation by giving it a `run` of its own. A result on the CPU is there when `run` resolves.
 * One that was asked to stay on the GPU is there when the page's own `getData()` settles: no read is ever added.
 */

import type { Observer } from '../core/adapter.js';
import { follow, replace } from '../core/follow.js';
import type { Unread } from '../gpu/unread.js';
import type { OrtSession, OrtTensor } from './types.js';

/** Told of the outputs that stay on the GPU. */
type OnGpu = (left: OrtTensor[], unread: Unread) => void;

/** Wraps `run`, and `release`, which lets the session go. Returns what puts the session back. */
export function observeSession(session: OrtSession, observer: Observer, onGpu: OnGpu): () => void {
  let ended = false;
  const undo = [
    replace(session, 'run', (call) => {
      const prediction = ended ? undefined : observer.begin();
      return prediction
        ? follow(call, prediction, observer, (result) => settled(result, { prediction, observer }, onGpu))
        : call();
    }),
    replace(session, 'release', (call) => {
      const released = call();
      observer.disposed();
      return released;
    }),
  ];
  return () => {
    ended = true;
    for (const step of undo) step();
  };
}

function settled(result: unknown, unread: Unread, onGpu: OnGpu): void {
  const { prediction, observer } = unread;
  observer.dispatched(prediction);
  try {
    const left = Object.values(result ?? {}).filter(({ location }: OrtTensor) =>
      /^gpu|^tex|^ml/.test(location),
    );
    if (left.length) onGpu(left, unread);
    else observer.ready(prediction, 'return', result);
  } catch (error) {
    observer.fault(error);
  }
}
