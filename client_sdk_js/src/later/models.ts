/** What was measured of each model in this page life. */

import type { ModelSnapshot } from '../core/snapshot.js';
import type { Watches } from '../core/watch.js';
import { quantiles } from './quantile.js';

/** One snapshot for each watched model, in the order they were first watched. */
export function modelSnapshots(watches: Watches): ModelSnapshot[] {
  return [...watches.values()].map(({ watch, handle: { backend, source, variant } }) => {
    const { made, _failures, dispatch, ready, _steady: steady, _latest: latest } = watch._measured();
    return {
      model: watch._subject.model,
      variant,
      source,
      backend,
      count: made,
      errors: _failures,
      dispatch_ms: quantiles(dispatch),
      ready_ms: quantiles(ready),
      tensors: latest?.tensors,
      bytes: latest?.bytes,
      gpu_bytes: latest?.gpu,
      tensors_per_prediction:
        steady && latest && latest.made > steady.made
          ? (latest.tensors - steady.tensors) / (latest.made - steady.made)
          : undefined,
    };
  });
}
