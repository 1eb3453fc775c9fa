/** Tells of each session that is made and released, whoever made it. It keeps no session: they are held weakly. */

import type { Makings } from '../core/adapter.js';
import type { Runtime } from './runtime.js';

const SESSION = { shape: '', dtype: 'session', bytes: 0 } as const;

/** Tells from now on. Returns what ends it. */
export function watchSessions(runtime: Runtime, makings: Makings): () => void {
  const { _pass: before, _hear: hear, _replace: replace } = runtime;
  const ids = new WeakMap<object, object>();
  const undo = new Map<object, () => void>();
  let ended = false;

  const pass: Runtime['_pass'] = (make) => {
    // Told before it is there: what called is gone when it is.
    const id = {};
    makings.born(id, SESSION, pass);
    const made = before ? before(make) : make();
    const heard = hear(
      made,
      (session) => {
        ids.set(session as object, id);
        watchReleases(Object.getPrototypeOf(session));
      },
      () => makings.gone(id),
    );
    if (!heard) makings.gone(id); // it cannot be told whether it is released
    return made;
  };

  function watchReleases(owner: object): void {
    if (ended || undo.has(owner) || !Object.isExtensible(owner)) return;
    undo.set(
      owner,
      replace(owner, 'release', (call, session) => {
        if (!ended) makings.gone(ids.get(session)); // somebody may have wrapped it after us
        return call();
      }),
    );
  }

  runtime._pass = pass;
  return () => {
    ended = true;
    if (runtime._pass === pass) runtime._pass = before;
    for (const step of undo.values()) step();
  };
}
