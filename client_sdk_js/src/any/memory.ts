/** What a page says of its library's memory, as whole numbers that every collector takes. */

import type { Memory } from '../core/memory.js';

const OPTIONAL = ['gpu_bytes', 'gpu_allocated_bytes', 'heap_bytes'] as const;

/** Undefined when the page says nothing; what is no whole number is left out, and 0 for tensors and bytes. */
export function wholeMemory(told: Partial<Memory> | undefined): Memory | undefined {
  if (!told) return;
  const { tensors, bytes } = told;
  const memory: Memory = { tensors: whole(tensors) ?? 0, bytes: whole(bytes) ?? 0 };
  for (const name of OPTIONAL) memory[name] = whole(told[name]);
  return memory;
}

const whole = (value: number | undefined): number | undefined =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined;
