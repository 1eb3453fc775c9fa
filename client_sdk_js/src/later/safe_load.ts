/** Gives the page its model, whatever of ours breaks on the way. */

import type { LoadOptions } from '../core/options.js';
import type { Loaded, Page } from '../core/page.js';
import { isLetGo } from './loading.js';
import type { Steering } from './steering.js';
import { Late } from './time_limit.js';

/** A step of ours may hang for so long: several models, each waiting for backends that do not start, come near it. */
const STUCK_MS = 180_000;

/**
 * The same `_load`, which throws what the page's own `load` threw and nothing else. Where a step of ours broke or hangs,
 * the page's own is called once more, and only if it has not given a model yet.
 */
export function safeLoad(
  { host, fault, _loadPlainly: loadPlainly }: Page,
  { _load: steered }: Steering,
): Steering['_load'] {
  return async <M extends object>(
    name: string,
    options: LoadOptions<M>,
    races?: boolean,
  ): Promise<Loaded<M>> => {
    const given: { model: M }[] = []; // what the page's own gave, be it nothing
    let thrown: { error: unknown } | undefined;
    let pending = 0; // calls of the page's own, which may take as long as it likes
    let steps = 0; // begun and ended ones
    let late = false;
    let cancel: (() => void) | undefined;
    const load: typeof options.load = async (...asked) => {
      if (late) throw new Late();
      pending++;
      steps++;
      try {
        const model = await options.load(...asked);
        given.push({ model });
        return model;
      } catch (error) {
        thrown = { error };
        throw error;
      } finally {
        pending--;
        steps++;
      }
    };
    const stuck = new Promise<never>((_, reject) => {
      const look = () => {
        const before = steps;
        cancel = host.after(STUCK_MS, () => {
          if (pending || steps > before) return look();
          late = true;
          reject(new Late());
        });
      };
      look();
    });
    try {
      const loaded = await Promise.race([steered(name, { ...options, load }, races), stuck]);
      if (loaded?.model) return loaded;
    } catch (error) {
      if (thrown && error === thrown.error) throw error;
      fault(error, name);
    } finally {
      cancel?.();
    }
    const known = given.findLast(({ model }) => !isLetGo(model));
    return loadPlainly(known ? { ...options, load: async () => known.model } : options);
  };
}
