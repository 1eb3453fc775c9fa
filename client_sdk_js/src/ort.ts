/** The onnxruntime-web adapter. It is handed the page's own `ort`; nothing of onnxruntime-web is imported. */

export { type OrtAdapter, type OrtOptions, ort } from './ort/adapter.js';
export type { Ort, OrtBuild, OrtSession } from './ort/types.js';
