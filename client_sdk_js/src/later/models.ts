/** What was measured of each model in this page life. */

import type { Point } from '../core/memory.js';
import type { Chosen, ModelSnapshot } from '../core/snapshot.js';
import type { Times, Watch, Watches } from '../core/watch.js';
import { durations, merge } from './quantile.js';

/** Memory when the warm-up was over, and before the last prediction. */
export interface MemoryLooks {
  steady?: Point | undefined;
  latest?: Point | undefined;
}

/**
 * One snapshot for each watched model, in the order they were first watched. `choice` says why it runs so, `ended` what
 * its windows timed that have ended, `memory` what was seen for all models of its name.
 */
export function modelSnapshots(
  watches: Watches,
  choice: (model: object) => Chosen,
  ended: (watch: Watch) => Times | undefined,
  memory: (watch: Watch) => MemoryLooks,
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
      const { _open: open } = watch;
      const looks = memory(watch);
      const { latest } = looks;
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
        tensors_per_prediction: growth(looks, 'tensors'),
        bytes_per_prediction: growth(looks, 'bytes'),
        gpu_bytes_per_prediction: growth(looks, 'gpu_bytes'),
      };
    },
  );
}

/** What each prediction has added since the warm-up was over, over all models of this name. */
function growth(
  { steady: from, latest: to }: MemoryLooks,
  of: 'tensors' | 'bytes' | 'gpu_bytes',
): number | undefined {
  const [before, now] = [from?.[of], to?.[of]];
  return from && to && to.predictions > from.predictions && before !== undefined && now !== undefined
    ? (now - before) / (to.predictions - from.predictions)
    : undefined;
}
