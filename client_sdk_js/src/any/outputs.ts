/** The objects that a prediction gave, and the methods that they came with. */

import { type Around, replace } from '../core/follow.js';

/** The result itself, or what it is a list or map of: those that have one of these methods. */
export function outputsWith(result: unknown, names: readonly string[]): object[] {
  const has = (each: unknown) =>
    // Not a Map or the like of the language: what is watched there would be watched for the whole page.
    Object.prototype.toString.call(each) === '[object Object]' &&
    names.some((name) => typeof (each as Record<string, unknown>)[name] === 'function');
  return (has(result) ? [result] : valuesOf(result).filter(has)) as object[];
}

/** What is computed when it is asked for is left to the page, and a million numbers are not looked through. */
function valuesOf(result: unknown): unknown[] {
  if (ArrayBuffer.isView(result)) return [];
  if (Array.isArray(result)) return Object.values(result);
  return Object.values(Object.getOwnPropertyDescriptors(result ?? {})).map(({ value }) => value);
}

/** Watches a method where it came with the object, once for each `watched`: the objects that the page gets are untouched. */
export function watchMethod(
  output: object,
  name: string,
  watched: WeakMap<object, Set<string>>,
  around: Around,
): void {
  let owner: object | null = output;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const names = owner && (watched.get(owner) ?? new Set());
  if (!owner || !names || names.has(name)) return;
  watched.set(owner, names.add(name));
  replace(owner, name, around);
}
