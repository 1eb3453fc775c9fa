/**
 * Time that the page took for itself while a model's result was open: it read or awaited the result late, or nobody saw
 * it during a stage. Such times are left out; the predictions are counted.
 */

import type { Page } from '../core/page.js';
import type { Timed } from '../core/watch.js';

const PAUSE_MS = 100; // a page that reads in the next frame, or after another model's call, does not pause

/** A pause of the page, which is most of the time that it would be counted in. */
const isPause = (pause: number, total: number): boolean => pause > PAUSE_MS && pause > total / 2;

type Open = Pick<Timed, 'start' | '_spoilt' | '_took'> & {
  returned?: number | undefined;
  pause?: number;
  read?: number;
};

/**
 * Starts looking. Returns what is to be called when a model comes under observation.
 *
 * @param held how long the task of the last read went on: a GPU computes meanwhile, and nobody hears that it is done.
 */
export function leaveOutPageTime(page: Page, held: (since: number) => number): () => void {
  const { host } = page;
  const seen = new WeakSet<object>();
  const { _addSpan: addSpan } = page;
  page._addSpan = (stage, model, ms) => {
    if (!page._unseen(host.now() - ms)) addSpan(stage, model, ms);
  };

  /** A clock that the page broke must not break its predictions. */
  function now(): number {
    try {
      return host.now();
    } catch {
      return Number.NaN;
    }
  }

  /** When the result was there in truth, somewhere in the pause, nobody knows. */
  function judge(prediction: Open, ms?: number): void {
    const { pause } = prediction;
    if (pause && isPause(pause, ms ?? now() - prediction.start)) prediction._spoilt = true;
  }

  function look(): void {
    for (const { watch } of page._watches.values()) {
      const { _observer: observer } = watch;
      if (seen.has(observer)) continue;
      seen.add(observer);
      const { dispatched, awaited, ready } = observer;
      observer.returned = (prediction: Open) => {
        prediction.returned = now();
      };
      observer.dispatched = (prediction: Open) => {
        judge(prediction);
        dispatched(prediction);
        prediction.returned = prediction.start + (prediction._took as number);
      };
      observer.awaited = (prediction: Open) => {
        const { returned } = prediction;
        if (returned !== undefined) prediction.pause = (prediction.pause ?? 0) + now() - returned;
        // Told again when the read gave its promise: what it did until then is its own.
        if (returned !== undefined || prediction.read !== undefined) prediction.read = now();
        prediction.returned = undefined;
        awaited(prediction);
      };
      observer.ready = (prediction: Open, method, output, ms) => {
        if (prediction.read !== undefined) prediction.pause = (prediction.pause ?? 0) + held(prediction.read);
        judge(prediction, ms);
        ready(prediction, method, output, ms);
      };
    }
  }

  look();
  return look;
}
