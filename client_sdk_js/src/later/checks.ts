/** Starts the checks that a page asked for, for each model that comes under observation. */

import type { OutputCheck } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { Watched } from '../core/watch.js';
import { ORIGINAL } from './attempts.js';
import { runAlone, runCanary, type Verdict } from './canary.js';
import { whenIdle } from './device.js';
import { watchFirst } from './first_predictions.js';
import { checkOutputs } from './output_check.js';
import type { TellLost } from './recovery.js';
import type { Steering } from './steering.js';

/** Returns what is to be called when a model came under observation. */
export function outputChecks(page: Page, steering: Steering, tell: TellLost): () => void {
  const seen = new WeakSet<object>();

  function start(watched: Watched): void {
    const { watch, handle, adapter, check } = watched;
    const { _subject: subject } = watch;
    const wrong = (kind: 'wrong_output' | 'hang') => {
      const { backend } = handle;
      tell(watched, kind, backend);
      page._raise(subject, backend, kind);
    };
    const judge = (verdict: Verdict) => {
      // Not so after `unwrap()`, or when the page has loaded it again meanwhile.
      if (page._watches.get(handle.model) !== watched) return;
      if (typeof verdict === 'object')
        page._raise(subject, handle.backend, 'error', page._errorName(verdict.error));
      else if (verdict !== 'right' && verdict !== 'not_run') wrong(verdict);
    };
    const follow = (verdict: Promise<Verdict | undefined>) => {
      verdict.then((known) => known && judge(known)).catch(page.fault);
    };
    if (/^(config|last|race)/.test(handle.source))
      // of what the page itself chose, it hears by its own errors
      watchFirst(watch, (error) => {
        const { backend } = handle;
        if (tell(watched, 'failed', backend))
          page._raise(subject, backend, 'fallback', page._errorName(error));
      });
    const loading = steering._verdict(handle.model);
    if (loading) follow(loading);
    if (!check) return;
    checkOutputs(watch, check, () => wrong('wrong_output'));
    const { canary } = check as OutputCheck<object>;
    // Whoever loaded the model by themselves has it already: the canary comes when the page has time for it.
    if (canary && !steering._reloader(handle.model))
      (page.host.idle ?? whenIdle)(() => {
        const reference = async () => {
          const known = await steering._reference(subject.model, subject.variant ?? ORIGINAL, canary);
          if (!known) return;
          const backends = await adapter.backends();
          const run = () => runCanary(page, () => canary(handle.model), known, page._options.hangMs);
          const isAwaited = () => [...page._waits.values()].some(({ _subject }) => _subject === subject);
          const inUse = () => backends.inUse?.() ?? (isAwaited() ? 'pending' : undefined);
          return runAlone(page.host, { inUse, alone: backends.alone }, run);
        };
        follow(reference());
      });
  }

  return () => {
    for (const watched of page._watches.values()) {
      if (seen.has(watched)) continue;
      seen.add(watched);
      start(watched);
    }
  };
}
