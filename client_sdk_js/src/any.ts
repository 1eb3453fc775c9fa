/** The adapter for whatever has no adapter of its own: any object with methods that predict, and any function. */

export { any } from './any/adapter.js';
export { type AnyFunctionOptions, anyFunction } from './any/function.js';
export type { AnyOptions } from './any/options.js';
