/** Puts an object under observation by giving it wrapped methods; the page's reference stays what it was. */

import type { Observer, Prediction } from '../core/adapter.js';
import { type Around, follow } from '../core/follow.js';
import { replaceMethod } from './getters.js';
import type { AnyOptions } from './options.js';
import { awaitRead } from './reads.js';
import { followPieces, type Pieces } from './streams.js';
import { hearFirst } from './thenable.js';

/** In ms. A page that broke its clock has no times. */
function clock(): number {
  try {
    return performance.now();
  } catch {
    return Number.NaN;
  }
}

/** Wraps the methods that predict, and those that end the model. Returns what puts the object back. */
export function observeMethods(
  model: object,
  observer: Observer,
  {
    methods = ['run'],
    ends = ['dispose', 'close', 'delete', 'release'],
    parallel,
    reads = [],
    ready,
  }: AnyOptions,
  note?: (result: unknown) => void,
): () => void {
  const pending = new Map<string, number>(); // calls whose promises have not settled
  const undo: (() => void)[] = [];
  let inside = false;
  let ended = false;

  /** Whether a call is a part of another: at once, or, as far as can be told, after it waited for something. */
  const isPart = (name: string) =>
    inside || (!parallel && [...pending].some(([other, calls]) => calls > 0 && other !== name));

  const count = (name: string, change: number) => pending.set(name, (pending.get(name) ?? 0) + change);

  function begin(name: string): Prediction | undefined {
    try {
      return ended || isPart(name) ? undefined : observer.begin();
    } catch (error) {
      observer.fault(error);
    }
  }

  /**
   * A result that comes in pieces is there with its last one. What makes a piece is a part of this prediction; what the page
   * does between two pieces is not, and is not its time either.
   *
   * @param took until the first piece could be asked for, in ms.
   */
  function piecesOf(name: string, prediction: Prediction, took: number): Pieces {
    let over = false;
    let spent = took;
    let asking = 0;
    let since = 0;
    const end = (tell: () => void) => {
      if (!over) tell();
      over = true;
    };
    const ended = () => {
      count(name, -1);
      if (!--asking) spent += clock() - since;
    };
    return {
      asked(make) {
        const before = inside;
        count(name, 1);
        if (!asking++) since = clock();
        inside = true;
        try {
          return make();
        } finally {
          inside = before;
        }
      },
      came(last) {
        ended();
        if (last) end(() => observer.ready(prediction, 'return', undefined, spent));
      },
      failed(error) {
        ended();
        end(() => observer.failed(prediction, error));
      },
    };
  }

  function settled(result: unknown, prediction: Prediction, name: string, took: number): void {
    observer.dispatched(prediction);
    try {
      note?.(result);
    } catch (error) {
      observer.fault(error);
    }
    try {
      if (ready)
        ready(result)?.then(
          () => observer.ready(prediction, 'fence'),
          (error) => observer.failed(prediction, error),
        );
      else if (reads.length) awaitRead(result, reads, prediction, observer);
      else if (!followPieces(result, piecesOf(name, prediction, took)))
        observer.ready(prediction, 'return', result);
    } catch (error) {
      observer.fault(error);
    }
  }

  function predict(name: string): Around {
    return (call) => {
      const prediction = begin(name);
      if (!prediction) return call();
      let waits = 0;
      const began = clock();
      const heard: Observer = {
        ...observer,
        awaited(of) {
          waits = 1;
          count(name, waits);
          observer.awaited(of);
        },
        failed(of, error) {
          count(name, -waits);
          observer.failed(of, error);
        },
      };
      inside = true;
      try {
        const done = (result: unknown) => {
          count(name, -waits);
          settled(result, prediction, name, clock() - began);
        };
        return follow(call, prediction, heard, done, (promise, failed) => {
          observer.returned?.(prediction);
          hearFirst(promise, () => heard.awaited(prediction), done, failed);
        });
      } finally {
        inside = false;
      }
    };
  }

  // Or a page that loads model after model would have us hold on to every one.
  const end: Around = (call) => {
    const result = call();
    observer.disposed();
    return result;
  };

  const stop = () => {
    ended = true;
    for (const step of undo) step();
  };
  try {
    for (const name of methods) undo.push(replaceMethod(model, name, predict(name)));
    for (const name of ends) if (!methods.includes(name)) undo.push(replaceMethod(model, name, end));
  } catch (error) {
    stop(); // one of them cannot be replaced: then none is
    throw error;
  }
  return stop;
}
