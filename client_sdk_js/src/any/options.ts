/** What a page tells `any()` of its model. */

import type { Memory } from '../core/memory.js';
import type { Backend, Engine } from '../generated/report.js';

export interface AnyOptions {
  /** The inference library. Default `other`, as is one that the wire has no name for. */
  engine?: Engine;
  /**
   * What executes the model, or what tells: only the page knows. Default `other`, as is a name that does not say it
   * (`gpu`, `auto`).
   */
  backend?: Backend | (() => Backend);
  /** Threads of a wasm backend, or what tells. */
  threads?: number | (() => number);
  /** The methods that are a prediction each. Default `run`. */
  methods?: readonly string[];
  /**
   * Whether different methods of one object run beside each other, each a prediction of its own. By default one that
   * is called while another's promise is pending is taken to be a part of it.
   */
  parallel?: boolean;
  /** Methods after which the page is done with the model. Default `dispose`, `close`, `delete` and `release`. */
  ends?: readonly string[];
  /**
   * For results that are not there yet when the method is done: their own methods that read them, such as `data`. A
   * result is there when the page's first read of it settled. One whose `accelerator` is `wasm` or `cpu` is there at
   * once.
   */
  reads?: readonly string[];
  /** Instead of `reads`: a promise that settles when it is there, such as `() => device.queue.onSubmittedWorkDone()`. */
  ready?: (result: unknown) => PromiseLike<unknown> | undefined;
  /** What the library holds now, as far as it counts it. Asked before every prediction. */
  memory?: () => Partial<Memory> | undefined;
  /**
   * The methods of a result that free it, such as `delete`, for a library that frees none by itself: results that were
   * not freed yet are counted, as its tensors. What a method in `reads` makes of a result counts as well.
   */
  frees?: readonly string[];
}
