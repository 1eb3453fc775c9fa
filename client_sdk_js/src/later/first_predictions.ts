/**
 * A model whose first predictions all fail did not really start, although it loaded: MediaPipe on a device without
 * WebGL, say. What a plan chose is then given up for this model, on the next visit, too.
 */

import type { Watch } from '../core/watch.js';

const FAILURES = 3; // one may be the page's own, with an input that is not there yet

/** Calls `useless` with the last error when the first predictions failed and none succeeded; once. */
export function watchFirst({ _observer: observer }: Watch, useless: (error: unknown) => void): void {
  const { failed, ready } = observer;
  let failures: number | undefined = 0;
  observer.failed = (prediction, error) => {
    failed(prediction, error);
    if (failures === undefined || ++failures < FAILURES) return;
    failures = undefined;
    useless(error);
  };
  observer.ready = (...args) => {
    failures = undefined;
    ready(...args);
  };
}
