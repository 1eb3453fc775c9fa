/** Exceptions become one of a few class names. A message never leaves the page: it can hold a URL or a name. */

import type { ErrorName, IncidentKind } from '../generated/report.js';

const NAMES = /^((Type|Range|Reference|Syntax|Runtime|Compile|Abort|Network|Timeout|Operation|)Error)$/;
// Also `memory access out of bounds`: what an allocation that failed becomes in WebAssembly.
const NO_MEMORY = /memory|\boom\b|alloc|typed array len/i;

/** The class of an exception within the wire's closed enum. */
export function errorName(error: unknown): ErrorName {
  const name = String((error as Error | undefined)?.name);
  return NAMES.test(name) ? (name as ErrorName) : 'other';
}

/** Whether an exception says that memory ran out; every engine words it differently, so the message is read here. */
export const incidentKind = (error: unknown): IncidentKind =>
  NO_MEMORY.test(String((error as Error | undefined)?.message)) ? 'out_of_memory' : 'error';
