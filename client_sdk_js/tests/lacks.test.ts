/** What a device says that it cannot run: the collector's words, and nothing that is not known. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Device } from '../src/generated/report.js';
import { lacks } from '../src/later/lacks.js';

const VECTORS: { device: Device; lacks: string }[] = JSON.parse(
  readFileSync(new URL('../../tests/vectors/lacks.json', import.meta.url), 'utf8'),
);

describe('what a device lacks', () => {
  it.each(VECTORS)('is told as the collector reads it: $lacks', ({ device, lacks: told }) => {
    expect(lacks(device)).toBe(told);
  });

  it('holds no graphics before they were looked at', () => {
    expect(lacks({ wasm_simd: true, wasm_threads: false })).toBe('threads');
  });

  it('says where WebGPU could not be asked for', () => {
    expect(lacks({ gpu: 'intel', wasm_simd: true, wasm_threads: true, webgl: 2 })).toBe('unasked');
  });
});
