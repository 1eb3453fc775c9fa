/** What was measured of each model in this page life. */

import type { Chosen, ModelSnapshot } from '../core/snapshot.js';
import type { Measured, Watches } from '../core/watch.js';
import { durations } from './quantile.js';

/** One snapshot for each watched model, in the order they were first watched. `choice` says why it runs so. */
export function modelSnapshots(watches: Watches, choice: (model: object) => Chosen): ModelSnapshot[] {
  return [...watches].map(
    ([
      object,
      {
        watch,
        adapter,
        handle: { backend, source, variant },
      },
    ]) => {
      const measured = watch._measured();
      const { _latest: latest } = measured;
      return {
        model: watch._subject.model,
        variant,
        engine: adapter.engine,
        source,
        backend,
        threads: adapter.executor().threads,
        chosen: choice(object),
        count: measured.made,
        errors: measured._failures,
        dispatch_ms: durations(measured.dispatch),
        ready_ms: durations(measured.ready),
        tensors: latest?.tensors,
        bytes: latest?.bytes,
        gpu_bytes: latest?.gpu,
        tensors_per_prediction: growth(measured, 'tensors'),
        bytes_per_prediction: growth(measured, 'bytes'),
        gpu_bytes_per_prediction: growth(measured, 'gpu'),
      };
    },
  );
}

/** What each prediction has added since the warm-up was over. */
function growth(
  { _steady: from, _latest: to }: Measured,
  of: 'tensors' | 'bytes' | 'gpu',
): number | undefined {
  const [before, now] = [from?.[of], to?.[of]];
  return from && to && to.made > from.made && before !== undefined && now !== undefined
    ? (now - before) / (to.made - from.made)
    : undefined;
}
