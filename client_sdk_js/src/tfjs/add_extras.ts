/** Adds to the adapter what is measured on a sample only; each part is fetched when it is first needed. */

import type { Executor } from '../core/adapter.js';
import type { Extras } from './extras.js';
import type { TensorFlow } from './types.js';

/** Returns what fetches the part for a GPU: to be called when one may have started, so that it is there in time. */
export function addExtras(tf: TensorFlow, executor: () => Executor, extras: Extras): () => void {
  /** Fetched when the first prediction is to be timed on the GPU, one in a thousand; that one goes untimed. */
  let kernelTime: Partial<typeof import('./kernel_time.js')> | undefined;
  let asked = false;

  function fetchFences(fault: (error: unknown) => void): void {
    if (asked) return;
    asked = true;
    import('./fences.js')
      .then(({ tfjsFences }) => {
        extras._unread = tfjsFences(tf);
      })
      .catch(fault);
  }

  extras._timed = (call, prediction, observer) => {
    let runTimed: typeof import('./kernel_time.js')['runTimed'] | undefined;
    try {
      if (observer.wantsKernelTime?.() && executor().backend === 'webgl') {
        runTimed = kernelTime?.runTimed;
        if (!kernelTime) {
          kernelTime = {};
          import('./kernel_time.js').then((loaded) => {
            kernelTime = loaded;
          }, observer.fault);
        }
      }
    } catch (error) {
      observer.fault(error);
    }
    return runTimed ? runTimed(tf, call, prediction, observer) : call();
  };

  extras._unread = ({ observer }) => fetchFences(observer.fault);

  return () => {
    // The first result on the GPU asks again, and has somebody to tell of a failure.
    if (/^webg/.test(executor().backend))
      fetchFences(() => {
        asked = false;
      });
  };
}
