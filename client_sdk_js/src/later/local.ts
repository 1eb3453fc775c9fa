/** Whether a page without an address of its own comes from the developer's machine: a worker out of a blob, a frame's `srcdoc`. */

const LOCAL = /^https?:\/\/((.+\.)?localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/;

/** By what it was made by; false for one that has an address, or tells nothing. */
export function isMadeLocally(): boolean {
  const { location, origin, document } = globalThis;
  if (!location || location.hostname) return false;
  // A sandboxed frame has no origin either; what its addresses are relative to is left.
  return [origin, document?.baseURI].some((made) => LOCAL.test(made ?? ''));
}
