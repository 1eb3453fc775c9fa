/** What was measured of each model in this page life. */

import type { Chosen, ModelSnapshot } from '../core/snapshot.js';
import type { Times, Watch, Watches } from '../core/watch.js';
import { durations, merge } from './quantile.js';

/**
 * One snapshot for each watched model, in the order they were first watched. `choice` says why it runs so, `ended` what
 * its windows timed that have ended.
 */
export function modelSnapshots(
  watches: Watches,
  choice: (model: object) => Chosen,
  ended: (watch: Watch) => Times | undefined,
): ModelSnapshot[] {
  return [...watches].map(
    ([
      object,
      {
        watch,
        adapter,
        handle: { backend, source, variant },
      },
    ]) => {
      const { _latest: latest, _open: open } = watch;
      const before = ended(watch);
      return {
        model: watch._subject.model,
        variant,
        engine: adapter.engine,
        source,
        backend,
        threads: adapter.executor(object).threads ?? 0,
        chosen: choice(object),
        count: watch._made,
        errors: watch._failures,
        dispatch_ms: durations(merge(before?.dispatch, open?.dispatch)),
        ready_ms: durations(merge(before?.ready, open?.ready)),
        tensors: latest?.tensors,
        bytes: latest?.bytes,
        gpu_bytes: latest?.gpu_bytes,
        tensors_per_prediction: growth(watch, 'tensors'),
        bytes_per_prediction: growth(watch, 'bytes'),
        gpu_bytes_per_prediction: growth(watch, 'gpu_bytes'),
      };
    },
  );
}

/** What each prediction has added since the warm-up was over. */
function growth(
  { _steady: from, _latest: to }: Watch,
  of: 'tensors' | 'bytes' | 'gpu_bytes',
): number | undefined {
  const [before, now] = [from?.[of], to?.[of]];
  return from && to && to.made > from.made && before !== undefined && now !== undefined
    ? (now - before) / (to.made - from.made)
    : undefined;
}
