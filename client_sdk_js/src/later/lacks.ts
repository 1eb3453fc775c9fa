/** What a device says that it cannot run, so that its plans draw no such backend. */

import type { Device } from '../generated/report.js';

/** The words of contract/capability.py, in their order. What was not looked at yet may be there. */
export function lacks({ gpu, wasm_simd, wasm_threads, webgl, webgpu }: Device): string {
  const known = {
    simd: wasm_simd,
    threads: wasm_simd && wasm_threads,
    unasked: gpu === undefined || webgpu !== undefined,
    webgl,
    webgpu,
  };
  const missing = Object.entries(known).filter(([, there]) => there === false || there === 0);
  return missing.map(([word]) => word).join('.') || 'none';
}
