/** Gives the page its model, whatever of ours breaks on the way. */

import type { Loaded, Page } from '../core/monitor.js';
import type { LoadOptions } from '../core/options.js';
import type { Steering } from './steering.js';

/**
 * The same `_load`, which throws what the page's own `load` threw and nothing else. Where a step of ours broke, the page's
 * own is called once more, and only if it has not given a model yet.
 */
export function safeLoad(
  { fault, _loadPlainly: loadPlainly }: Page,
  { _load: steered }: Steering,
): Steering['_load'] {
  return async <M extends object>(name: string, options: LoadOptions<M>): Promise<Loaded<M>> => {
    let model: M | undefined;
    let thrown: { error: unknown } | undefined;
    const load: typeof options.load = async (url, backend) => {
      try {
        model = await options.load(url, backend);
        return model;
      } catch (error) {
        thrown = { error };
        throw error;
      }
    };
    try {
      const loaded = await steered(name, { ...options, load });
      if (loaded?.model) return loaded;
    } catch (error) {
      if (thrown && error === thrown.error) throw error;
      fault(error, name);
    }
    const given = model;
    return loadPlainly(given ? { ...options, load: async () => given } : options);
  };
}
