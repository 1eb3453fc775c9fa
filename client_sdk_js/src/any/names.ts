/**
 * Names as libraries have them ("WebGPU", "webnn-npu", "transformers.js") into those of the wire: for one that is not
 * there the collector would refuse the whole window.
 */

import type { Backend, Engine } from '../generated/report.js';

/** `other` for what is none: "gpu" or "auto" does not say what runs. */
export function backendNamed(told: unknown): Backend {
  const [name = 'other'] =
    /^(?:cpu|wasm(?:-simd(?:-threads)?)?|webgl|webgpu)$|^webnn/.exec(lower(told)) ?? [];
  return name as Backend;
}

/** `other` for one that has no name there. */
export function engineNamed(told: unknown): Engine {
  const name = lower(told).replace(/\W/g, '_');
  const [known = 'other'] = /^(?:tfjs|onnxruntime|litert|mediapipe|transformers_js)/.exec(name) ?? [];
  return known as Engine;
}

const lower = (told: unknown): string => (typeof told === 'string' ? told.toLowerCase() : '');
