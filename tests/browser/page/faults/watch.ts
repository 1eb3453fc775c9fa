/** Functions of the SDK's own files, and the methods of what they return, with an injector in between. */

import type { Injector } from './faults.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;

export interface Watch {
  /** What a file exports, as its importers get it. */
  exported(path: string, value: unknown): unknown;
  /** An object with its methods watched in place: whoever holds it calls the watched ones. */
  methods<T>(path: string, object: T): T;
}

/**
 * The wall itself: it runs the page's own call, so that a throw of it could not be told from one of the model. What it
 * calls is watched, on the inner side.
 */
const WALL = new Set(['core/guarded.guarded', 'core/follow.follow', 'tfjs/kernel_time.runTimed']);

export function createWatch(injector: Injector): Watch {
  const seen = new WeakSet<object>();

  function callable(path: string, fn: Callable): Callable {
    return function (...args) {
      for (const arg of args) if (isPage(arg)) methods('page', arg);
      const real = () => {
        const value = fn.apply(this, args);
        return args.includes(value) ? value : given(`${path}()`, value);
      };
      return injector.pass(`${path}()`, 'call', args, real);
    };
  }

  function given(path: string, value: unknown): unknown {
    if (value instanceof Promise) return value.then((settled) => given(path, settled));
    if (typeof value === 'function' && !seen.has(value)) {
      const watched = callable(path, value as Callable);
      seen.add(watched);
      return watched;
    }
    return methods(path, value);
  }

  function methods<T>(path: string, object: T): T {
    if (!isPlain(object) || seen.has(object)) return object;
    seen.add(object);
    for (const [key, { value, writable }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      if (writable && typeof value === 'function' && key !== 'fault' && !seen.has(value)) {
        const watched = callable(`${path}.${key}`, value);
        seen.add(watched);
        Object.assign(object, { [key]: watched });
      }
    }
    return object;
  }

  return {
    methods,
    exported(path, value) {
      if (path === 'core/guarded.guarded')
        return (steps: object, fault: unknown) => (value as Callable)(methods('observer', steps), fault);
      if (typeof value !== 'function' || WALL.has(path) || /^class/.test(String(value)))
        return methods(path, value);
      return callable(path, value as Callable);
    },
  };
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && !!value && Object.getPrototypeOf(value) === Object.prototype;

/** What the core hands to its parts. */
const isPage = (value: unknown): boolean => isPlain(value) && '_outbox' in value;
