import type { LoadOptions, WatchedModel } from 'inferfleet';
import { useEffect, useState } from 'react';
import { monitor } from './monitor.js';

/** A model that components can use. Make it once, outside of components: the object is its identity. */
export interface ModelDefinition<M extends object> extends LoadOptions<M> {
  /** Its name in reports. */
  name: string;
  /** Frees what the model holds, after the last component has let it go. */
  dispose(model: M): void;
}

interface Shared {
  watched: Promise<WatchedModel<object>>;
  users: number;
}
const loaded = new Map<object, Shared>();

/**
 * Loads a model when the first component asks for it; undefined until it is there. What `load` throws is thrown into
 * the nearest error boundary. The last component to unmount lets it go.
 */
export function useModel<M extends object>(definition: ModelDefinition<M>): WatchedModel<M> | undefined {
  const [state, setState] = useState<{ of: object; watched?: WatchedModel<M>; failure?: unknown }>();
  useEffect(() => {
    let mounted = true;
    const shared = take(definition);
    shared.watched.then(
      (watched) => mounted && setState({ of: definition, watched: watched as WatchedModel<M> }),
      (failure) => mounted && setState({ of: definition, failure }),
    );
    return () => {
      mounted = false;
      letGo(definition, shared);
    };
  }, [definition]);
  if (state?.of !== definition) return undefined;
  if (!state.watched) throw state.failure;
  return state.watched;
}

function take<M extends object>(definition: ModelDefinition<M>): Shared {
  const shared = loaded.get(definition) ?? { watched: monitor.load(definition.name, definition), users: 0 };
  loaded.set(definition, shared);
  shared.users++;
  return shared;
}

function letGo<M extends object>(definition: ModelDefinition<M>, shared: Shared): void {
  shared.users--;
  // Not at once: StrictMode and a hot reload unmount only to mount again, and the model need not be loaded twice.
  setTimeout(() => {
    if (shared.users > 0 || loaded.get(definition) !== shared) return;
    loaded.delete(definition);
    shared.watched.then(
      (watched) => {
        watched.unwrap(); // reports what was measured, and takes the wrapper off
        definition.dispose(watched.model as M);
      },
      () => undefined, // it did not load, which its components were told
    );
  });
}
