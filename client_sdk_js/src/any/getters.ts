/** Methods that a getter gives: by the model's state, a delegate of now, or anew each time. */

import { type Around, replace } from '../core/follow.js';

/** Puts itself around a method, as `replace` does; one that a getter gives is asked for whenever the page does. */
export function replaceMethod(model: object, name: string, around: Around): () => void {
  const before = Object.getOwnPropertyDescriptor(model, name);
  const { get, set, enumerable = false } = accessorOf(model, name) ?? {};
  if (!get) return replace(model, name, around);
  const known = new WeakMap<object, unknown>();

  /** The same one for the same method. */
  const watched = (method: unknown): unknown => {
    if (typeof method !== 'function') return method;
    const ours =
      known.get(method) ??
      new Proxy(method, {
        apply: (_, self, args) => around(() => Reflect.apply(method, self, args), self, args),
      });
    known.set(method, ours);
    return ours;
  };
  function getWatched(this: unknown): unknown {
    return watched(Reflect.apply(get as () => unknown, this, []));
  }
  Object.defineProperty(model, name, {
    get: getWatched,
    ...(set && { set }),
    enumerable,
    configurable: true,
  });
  return () => {
    if (Object.getOwnPropertyDescriptor(model, name)?.get !== getWatched) return;
    Reflect.deleteProperty(model, name);
    if (before) Reflect.defineProperty(model, name, before);
  };
}

/** The property where it came with the model, if it is a getter. Nothing is asked for. */
function accessorOf(model: object, name: string): PropertyDescriptor | undefined {
  for (let owner: object | null = model; owner; owner = Object.getPrototypeOf(owner)) {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    if (own) return own.get && own;
  }
  return undefined;
}
