/** Exceptions become one of a few class names. A message never leaves the page: it can hold a URL or a name. */

import type { ErrorName, IncidentKind } from '../generated/report.js';

const NAMES: readonly string[] =
  'Error TypeError RangeError ReferenceError SyntaxError RuntimeError CompileError AbortError NetworkError TimeoutError OperationError'.split(
    ' ',
  );

/** The class of an exception within the wire's closed enum. */
export function errorName(error: unknown): ErrorName {
  const name = (error as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && NAMES.includes(name) ? (name as ErrorName) : 'other';
}

/** Whether an exception says that memory ran out; every engine words it differently, so the message is read here. */
export function incidentKind(error: unknown): IncidentKind {
  const message = String((error as { message?: unknown } | null | undefined)?.message ?? '');
  return /out of memory|\boom\b|allocation fail|enlarge memory|array buffer alloc/i.test(message)
    ? 'out_of_memory'
    : 'error';
}
