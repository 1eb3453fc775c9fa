/**
 * The browser as the SDK sees it, with every global read, every property of a browser object and every call going
 * through an injector. The SDK's script runs inside `with (world)`, so that whatever it touches is seen: no list of
 * APIs is kept, and what the page itself uses stays whole.
 */

import type { Injector } from './faults.js';
import { OwnDatabases, OwnStorage } from './storage.js';

type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Constructor = new (...args: unknown[]) => object;

/** Reading the name of one of the language's own objects cannot fail; calling them can. */
const LANGUAGE = new Set(
  'globalThis Object Array Math JSON Number String Boolean Symbol Reflect Date RegExp Map Set WeakMap WeakSet Promise Error RangeError TypeError Uint8Array undefined NaN Infinity isNaN'.split(
    ' ',
  ),
);
const COLLECTIONS = { Map, Set, WeakMap, WeakSet } as unknown as Record<string, Constructor>;
/** An hour of timers takes half a minute; the network and the storage behind are no faster than they are. */
export const FASTER = 100;

export interface World {
  /** For `with (scope)`. */
  scope: object;
  /** The same eyes on an object of the page, such as `tf`. */
  see<T extends object>(path: string, object: T): T;
  /** What the script put on the global. */
  globals: Record<string, unknown>;
  /** What `document.hidden` says. */
  hidden: boolean;
  /** Resolves when no timer of the SDK is due within `ms` of its own time. */
  settle(ms: number): Promise<void>;
}

/** @param name of the life: its visits share what the browser keeps. */
export function createWorld(injector: Injector, name: string): World {
  const seen = new WeakMap<object, object>();
  const raw = new WeakMap<object, object>();
  const timers = new Map<unknown, number>();
  const globals: Record<string, unknown> = {};
  const classes = new Map<string, unknown>();

  /** What stands in for a global: time that runs faster, a page that says it is hidden. */
  const standIns: Record<string, unknown> = {
    setTimeout: (fn: () => void, ms = 0) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        fn();
      }, Number(ms) / FASTER);
      timers.set(timer, performance.now() + Number(ms) / FASTER);
      return timer;
    },
    clearTimeout: (timer: number) => {
      timers.delete(timer);
      clearTimeout(timer);
    },
    // Among so many lives the browser is never idle.
    requestIdleCallback: (fn: () => void) => setTimeout(fn, 0),
    localStorage: new OwnStorage(name),
    indexedDB: new OwnDatabases(name),
  };

  const bare = (value: unknown): unknown => {
    const known =
      typeof value === 'object' || typeof value === 'function' ? raw.get(value as object) : undefined;
    if (known || !isPlain(value)) return known ?? value;
    const entries = Object.entries(value as object);
    return entries.some(([, each]) => raw.has(each as object))
      ? Object.fromEntries(entries.map(([key, each]) => [key, raw.get(each as object) ?? each]))
      : value;
  };

  /** What a browser gave, with eyes on it when it is an object of the browser's. */
  function shown(path: string, value: unknown): unknown {
    if (LANGUAGE.has(path.replace(/^new |\W.*/g, ''))) return value;
    if (value instanceof Promise) return value.then((settled) => shown(path, settled));
    return typeof value === 'object' && value && !isData(value) ? see(path, value) : value;
  }

  function call(path: string, fn: Callable, self: unknown, args: unknown[]): unknown {
    return shown(
      `${path}()`,
      injector.pass(`${path}()`, 'call', args, () => fn.apply(self, args.map(bare))),
    );
  }

  function read(path: string, holder: object, key: string): unknown {
    const real = () =>
      path in standIns
        ? standIns[path]
        : path === 'document.hidden'
          ? world.hidden
          : path in globals
            ? globals[path]
            : Reflect.get(holder, key, holder);
    const value = LANGUAGE.has(path) || path in globals ? real() : injector.pass(path, 'read', [], real);
    if (path in globals) return value;
    if (typeof value !== 'function') return value === globalThis ? world.scope : shown(path, value);
    if (isClass(path)) return classOf(path, value as unknown as Constructor);
    return (...args: unknown[]) => call(path, value as Callable, holder, args);
  }

  function classOf(path: string, real: Constructor): unknown {
    const known = classes.get(path);
    if (known) return known;
    const made =
      path in COLLECTIONS
        ? watchedClass(path, real, injector)
        : path === 'Promise'
          ? watchedPromise(injector)
          : real;
    const proxy: Constructor = new Proxy(made, {
      construct: (_, args: unknown[], target): object =>
        shown(
          `new ${path}`,
          // A class that extends this one (as Promise's methods make their own kind) is made as it is.
          injector.pass(`new ${path}`, 'construct', args, () =>
            Reflect.construct(made, args.map(bare), target === proxy ? made : target),
          ),
        ) as object,
      apply: (_, self, args) => call(path, made as unknown as Callable, self, args),
      get: (_, key) =>
        typeof key === 'symbol' || key === 'prototype' || key === 'name'
          ? Reflect.get(made, key)
          : typeof Reflect.get(made, key) === 'function'
            ? (...args: unknown[]) => call(`${path}.${key}`, Reflect.get(made, key) as Callable, made, args)
            : Reflect.get(made, key),
    });
    classes.set(path, proxy);
    return proxy;
  }

  function see<T extends object>(path: string, object: T): T {
    const known = seen.get(object);
    if (known) return known as T;
    const proxy = new Proxy(
      {},
      {
        get: (_, key) =>
          typeof key === 'symbol' ? Reflect.get(object, key) : read(`${path}.${key}`, object, key),
        set: (_, key, value) => Reflect.set(object, key, bare(value)),
        has: (_, key) => Reflect.has(object, key),
      },
    );
    seen.set(object, proxy);
    raw.set(proxy, object);
    return proxy as T;
  }

  const world: World = {
    scope: new Proxy(
      {},
      {
        has: () => true,
        get: (_, key) => (typeof key === 'symbol' ? undefined : read(key, globalThis, key)),
        set: (_, key, value) => Reflect.set(globals, key, value),
      },
    ),
    see,
    globals,
    hidden: false,
    async settle(ms) {
      const until = performance.now() + ms / FASTER;
      do {
        await new Promise((resolve) => setTimeout(resolve, 0));
      } while (performance.now() < until && [...timers.values()].some((due) => due <= until));
    },
  };
  return world;
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' && !!value && Object.getPrototypeOf(value) === Object.prototype;

/** Values of the language: nothing in them is an interface to the browser. */
const isData = (value: object): boolean =>
  isPlain(value) ||
  Array.isArray(value) ||
  ArrayBuffer.isView(value) ||
  value instanceof ArrayBuffer ||
  value instanceof Error ||
  value instanceof DOMException ||
  Object.values(COLLECTIONS).some((each) => value instanceof each);

const isClass = (path: string): boolean => /^[A-Z]\w*$/.test(path);

/** A collection whose every method can go wrong. */
function watchedClass(path: string, real: Constructor, injector: Injector): Constructor {
  const watched = class extends real {};
  for (const key of Reflect.ownKeys(real.prototype)) {
    const { value } = Object.getOwnPropertyDescriptor(real.prototype, key) ?? {};
    if (key === 'constructor' || typeof value !== 'function') continue;
    Object.defineProperty(watched.prototype, key, {
      value(...args: unknown[]) {
        return injector.pass(`${path}#${String(key)}()`, 'call', [], () => Reflect.apply(value, this, args));
      },
    });
  }
  return watched;
}

function watchedPromise(injector: Injector): Constructor {
  class Watched extends Promise<unknown> {}
  for (const key of ['then', 'catch', 'finally'] as const) {
    const real = Promise.prototype[key] as Callable;
    Object.defineProperty(Watched.prototype, key, {
      value(...args: unknown[]) {
        return injector.pass(`Promise#${key}()`, 'call', [], () => real.apply(this, args));
      },
    });
  }
  return Watched as unknown as Constructor;
}
