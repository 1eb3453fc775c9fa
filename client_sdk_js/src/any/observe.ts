/** Puts an object under observation by giving it wrapped methods; the page's reference stays what it was. */

import type { Observer, Prediction } from '../core/adapter.js';
import { define, follow } from '../core/follow.js';
import type { AnyOptions } from './options.js';
import { awaitRead } from './reads.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

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
  const target = model as Record<string, Method | undefined>;
  const pending = new Map<string, number>(); // calls whose promises have not settled
  const undo: (() => void)[] = [];
  let inside = false;
  let ended = false;

  /** Whether a call is a part of another: at once, or, as far as can be told, after it waited for something. */
  const isPart = (name: string) =>
    inside || (!parallel && [...pending].some(([other, calls]) => calls > 0 && other !== name));

  function begin(name: string): Prediction | undefined {
    try {
      return ended || isPart(name) ? undefined : observer.begin();
    } catch (error) {
      observer.fault(error);
    }
  }

  function settled(result: unknown, prediction: Prediction): void {
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
      else observer.ready(prediction, 'return', result);
    } catch (error) {
      observer.fault(error);
    }
  }

  function predict(original: Method, name: string): Method {
    const count = (change: number) => pending.set(name, (pending.get(name) ?? 0) + change);
    return function (...args) {
      const call = () => original.apply(this, args);
      const prediction = begin(name);
      if (!prediction) return call();
      let waits = 0;
      const heard: Observer = {
        ...observer,
        awaited(of) {
          waits = 1;
          count(waits);
          observer.awaited(of);
        },
        failed(of, error) {
          count(-waits);
          observer.failed(of, error);
        },
      };
      inside = true;
      try {
        return follow(call, prediction, heard, (result) => {
          count(-waits);
          settled(result, prediction);
        });
      } finally {
        inside = false;
      }
    };
  }

  // Or a page that loads model after model would have us hold on to every one.
  const end = (original: Method): Method =>
    function (...args) {
      const result = original.apply(this, args);
      observer.disposed();
      return result;
    };

  function replace(name: string, wrap: (original: Method, name: string) => Method): void {
    const original = target[name];
    if (typeof original !== 'function') return;
    const wrapped = wrap(original, name);
    const before = Object.getOwnPropertyDescriptor(model, name);
    define(model, name, wrapped);
    undo.push(() => {
      // Whoever wrapped it after us keeps their wrapper; ours then only passes calls on.
      if (target[name] !== wrapped) return;
      if (before) Object.defineProperty(model, name, before);
      else Reflect.deleteProperty(model, name);
    });
  }

  for (const name of methods) replace(name, predict);
  for (const name of ends) if (!methods.includes(name)) replace(name, end);
  return () => {
    ended = true;
    for (const step of undo) step();
  };
}
