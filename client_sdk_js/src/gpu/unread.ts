/**
 * Results that the page never reads (it draws them, or hands their texture on) have no read to learn from. A fence is
 * put behind a sample of them. Never behind one that is read: a read tells more, and a window has one method.
 */

import type { Observer, Prediction } from '../core/adapter.js';

/** A prediction whose result is on the GPU. */
export interface Unread {
  prediction: Prediction;
  observer: Observer;
  /** The page has begun to read one of its outputs. */
  read?: boolean;
}

const QUIET = 8; // so many results in a row that nobody read: this page does not
const APART_MS = 500; // a fence every other second costs nothing that could be measured

/** The last results of a model, and what its first call took as long as it is not known whether it will be read. */
interface Model {
  recent: Unread[];
  first?: { unread: Unread; ms: number } | undefined;
}

/**
 * Returns what is to be told of every result on the GPU, right after its call returned.
 *
 * @param fence resolves with whether all GPU work so far is done; undefined when it cannot be known.
 */
export function fenceUnread(fence: () => Promise<boolean> | undefined): (unread: Unread) => void {
  const models = new WeakMap<Observer, Model>();
  let waiting = 0;
  let due = 0;

  const tell = ({ prediction, observer, read }: Unread, ms: number): void => {
    if (!read) observer.ready(prediction, 'fence', undefined, ms);
  };

  return (unread) => {
    const { prediction, observer } = unread;
    const known = models.get(observer);
    const model: Model = known ?? { recent: [] };
    if (!known) models.set(observer, model);
    const { recent, first } = model;
    const quiet = recent.length >= QUIET && !recent.some(({ read }) => read);
    recent.push(unread);
    if (recent.length > QUIET) recent.shift();
    if (quiet && first) {
      model.first = undefined;
      tell(first.unread, first.ms);
    }
    const now = performance.now();
    // The first call is fenced before it is known whether it will be read: there is no second first call.
    if (known && (waiting || !quiet || now < due)) return;
    const passing = fence();
    if (!passing) return;
    waiting++;
    due = now + APART_MS;
    passing
      .then((passed) => {
        const ms = performance.now() - prediction.start;
        // A hidden page hears of it whenever its timers run.
        if (!passed || globalThis.document?.hidden) return;
        if (known) tell(unread, ms);
        else model.first = { unread, ms };
      }, observer.fault)
      .finally(() => {
        waiting--;
      });
  };
}
