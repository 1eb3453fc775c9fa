/** Results that were asked to stay on the GPU: the page's own `getData()` tells when one was there. No read is added. */

import type { Unread } from '../gpu/unread.js';
import type { Runtime } from './runtime.js';
import type { OrtTensor } from './types.js';

const awaited = new WeakMap<object, Unread>();
const watchedPrototypes = new WeakSet<object>();

/** Waits for the page to read any of these outputs of a prediction. */
export function awaitRead(left: OrtTensor[], unread: Unread, runtime: Runtime): void {
  for (const tensor of left) {
    watchPrototype(tensor, runtime);
    awaited.set(tensor, unread);
  }
}

function watchPrototype(tensor: OrtTensor, { _replace: replace, _follow: follow }: Runtime): void {
  const owner: OrtTensor = Object.getPrototypeOf(tensor);
  if (watchedPrototypes.has(owner)) return;
  watchedPrototypes.add(owner);
  replace(owner, 'getData', (call, self) => {
    const entry = awaited.get(self);
    if (!entry || entry.read) return call();
    entry.read = true;
    const { prediction, observer } = entry;
    observer.awaited(prediction);
    return follow(call, prediction, observer, (output) => observer.ready(prediction, 'read', output));
  });
}
