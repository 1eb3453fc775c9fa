/** The adapter for whatever has no adapter of its own: any object with methods that predict. */

export { type AnyOptions, any } from './any/adapter.js';
