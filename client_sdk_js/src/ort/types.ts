/** The part of onnxruntime-web that the adapter touches: all of it public. */

/** The `ort` namespace of the page. */
export interface Ort {
  env: {
    versions?: { common?: string };
    wasm: { numThreads?: number | undefined; wasmPaths?: unknown; proxy?: boolean | undefined };
    webgl?: { context?: unknown };
    /** Reading `device` before a session runs on it would create one. */
    webgpu?: { device?: unknown };
  };
  InferenceSession?: { create(...args: never[]): Promise<unknown> };
}

/** The library's builds by their part of the file names: `ort-wasm-simd-threaded.jsep.wasm`. */
export type OrtBuild = '' | 'jsep' | 'asyncify' | 'jspi';

/** An `ort.InferenceSession`. */
export interface OrtSession {
  run(...args: never[]): Promise<unknown>;
  release(): Promise<void>;
}

export interface OrtTensor {
  /** `cpu`, `gpu-buffer`, `texture`, ... */
  location: string;
  getData(...args: never[]): Promise<unknown>;
}
