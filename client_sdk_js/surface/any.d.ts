import { a as Engine, i as Backend, n as Memory, t as Adapter } from "./types/adapter.js";
import { a as Monitor, d as WatchedModel } from "./types/options.js";

// any/options.d.ts
interface AnyOptions {
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
/**
 * The result counts as there when the method returned, or its promise settled, unless `reads` or `ready` say
 * otherwise. A function is watched by `anyFunction`.
 */
declare function any(options?: AnyOptions): Adapter;
interface AnyFunctionOptions extends Pick<AnyOptions, 'engine' | 'backend' | 'threads' | 'reads' | 'ready' | 'memory' | 'frees'> {
  /** Default `original`. */
  variant?: string;
}
/**
 * A function that does what `run` does, same results and same errors, each call a prediction of model `name`. Calls may
 * run beside each other. `unwrap()` of it ends the observation.
 */
declare function anyFunction<F extends (...args: never[]) => unknown>(monitor: Pick<Monitor, 'wrap'>, name: string, run: F, {
  variant,
  ...options
}?: AnyFunctionOptions): F & Pick<WatchedModel<object>, 'unwrap'>;
export { type AnyFunctionOptions, type AnyOptions, any, anyFunction };