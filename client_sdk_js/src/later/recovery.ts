/** Tells the page that what a model runs on is lost, and loads the model again elsewhere when the page asks for it. */

import type { LostModel } from '../core/options.js';
import type { Page } from '../core/page.js';
import type { Watched } from '../core/watch.js';
import type { Backend } from '../generated/report.js';
import type { Steering } from './steering.js';

/**
 * Notes the loss for the next load and page life, and tells the page when its own code is through. Returns whether this
 * is the first that it hears of the model.
 */
export type TellLost = (watched: Watched, kind: LostModel['kind'], backend: Backend) => boolean;

export function createRecovery(page: Page, steering: Steering): TellLost {
  const told = new WeakSet<Watched>();
  return (watched, kind, backend) => {
    const { watch, handle, adapter } = watched;
    const first = !told.has(watched);
    // That its predictions fail is no news of a model that was lost.
    if (kind === 'failed' && !first) return false;
    told.add(watched);
    const { model } = watch._subject;
    steering._lost(model, adapter, kind, backend);
    let loading: Promise<unknown> | undefined;

    async function again(reload: NonNullable<ReturnType<Steering['_reloader']>>) {
      const loaded = await reload();
      handle.unwrap(); // first: the page's `load` may give the very object that it gave before
      return page._watch(model, adapter, loaded);
    }

    const reload = steering._reloader(handle.model);
    const lost = {
      model,
      variant: handle.variant,
      backend,
      kind,
      watched: handle,
      ...(reload && {
        reload() {
          loading ??= again(reload).catch((error) => {
            loading = undefined; // the network may be back next time
            throw error;
          });
          return loading;
        },
      }),
    } as LostModel;
    // Later, for this may run inside a prediction of the page's.
    page.host.after(0, () => {
      for (const { event, listener } of page._listeners) {
        try {
          if (event === 'lost') (listener as (lost: LostModel) => void)(lost);
        } catch (error) {
          console.warn('inferfleet listener:', error);
        }
      }
    });
    return first;
  };
}
