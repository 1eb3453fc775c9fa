/** Opens a model by the page's own `load`: checked first, where the plan names the hash of what it should be. */

import type { Backends } from '../core/adapter.js';
import type { LoadOptions } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { Attempt } from './attempts.js';
import { baseUrl } from './base.js';
import type { CheckedFiles } from './integrity.js';
import { Late } from './time_limit.js';

/** Where nobody gives an attempt up: a race leaves one that is late to itself. */
const CHECK_MS = 180_000;

/** @param signal of whoever gave the attempt up: it is fetched for nobody. */
export type Open<M> = (attempt: Attempt, signal?: AbortSignal) => Promise<M>;

/** Whether a file of the model was not the one that the plan names. */
export const isIntegrity = (error: unknown): boolean =>
  (error as Error | undefined)?.name === 'IntegrityError';

/** @param backends the adapter's, if they are there. */
export function opener<M extends object>(
  { host, fault, _dev: dev }: Page,
  name: string,
  load: LoadOptions<M>['load'],
  backends: () => Partial<Backends>,
): Open<M> {
  const ask: typeof fetch = (input, init) => (host.fetch ?? fetch)(input, init);

  return (attempt, signal) => {
    const { url, backend, integrity } = attempt;
    return integrity === undefined ? load(url, backend) : openChecked(attempt, integrity, signal);
  };

  async function openChecked({ url, backend }: Attempt, integrity: string, signal?: AbortSignal): Promise<M> {
    const stop = new AbortController();
    const cancel = host.after(CHECK_MS, () => stop.abort(new Late()));
    signal?.addEventListener('abort', () => stop.abort(), stop);
    let files: CheckedFiles;
    try {
      const { checkFiles } = await import('./integrity.js');
      files = await checkFiles(ask, url, integrity, baseUrl(), stop.signal);
      stop.signal.throwIfAborted();
    } catch (error) {
      stop.abort(); // the files that are under way are of no use
      throw error;
    } finally {
      cancel();
    }
    let unserve: (() => void) | undefined;
    try {
      unserve = backends().serve?.(files._of);
    } catch (error) {
      fault(error, name); // the page may pass them on by itself
    }
    try {
      const model = await load(url, backend, { fetch: (...asked) => files._of(asked[0]) ?? ask(...asked) });
      if (dev && !files._isAsked())
        console.warn(
          `inferfleet: the files of ${name} were checked, and its load fetched them once more, unchecked: fetch them by the third argument of load`,
        );
      return model;
    } finally {
      unserve?.();
      files._end();
    }
  }
}
