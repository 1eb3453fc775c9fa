import { r as Backend, t as Adapter } from "./types/adapter.js";

// any/adapter.d.ts
interface AnyOptions {
  /** What executes the model: only the page knows. Default `other`. */
  backend?: Backend;
  /** The methods that are a prediction each. Default `run`. */
  methods?: readonly string[];
}
/**
 * The result counts as there when the method returned, or its promise settled. A function is watched as a method:
 * `const model = { run: (x) => pipeline(x) }`.
 */
declare function any({
  backend,
  methods
}?: AnyOptions): Adapter;
export { type AnyOptions, any };