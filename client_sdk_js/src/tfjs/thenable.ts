/** Not `instanceof Promise`: a page may have replaced that global (zone.js). */
export const isThenable = (value: unknown): value is Promise<unknown> =>
  typeof (value as Promise<unknown> | undefined)?.then === 'function';
