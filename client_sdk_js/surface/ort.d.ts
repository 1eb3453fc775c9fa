import { i as Backend, t as Adapter } from "./types/adapter.js";

// ort/types.d.ts
/** The part of onnxruntime-web that the adapter touches: all of it public. */
/** The `ort` namespace of the page. */
interface Ort {
  env: {
    versions?: {
      common?: string;
    };
    wasm: {
      numThreads?: number | undefined;
      wasmPaths?: unknown;
      proxy?: boolean | undefined;
    };
    webgl?: {
      context?: unknown;
    }; /** Reading `device` before a session runs on it would create one. */
    webgpu?: {
      device?: unknown;
    };
  };
  InferenceSession?: {
    create(...args: never[]): Promise<unknown>;
  };
}
/** The library's builds by their part of the file names: `ort-wasm-simd-threaded.jsep.wasm`. */
type OrtBuild = '' | 'jsep' | 'asyncify' | 'jspi';
/** An `ort.InferenceSession`. */
interface OrtSession {
  run(...args: never[]): Promise<unknown>;
  release(): Promise<void>;
}
interface OrtOptions {
  /** What the page itself would run on: `wasm` (the default), `webgpu`, `webgl` or `webnn`. */
  own?: string;
  /**
   * The build of the library that the page imports: `jsep` for `onnxruntime-web`, `asyncify` for its `/webgpu`, `jspi`
   * for its `/jspi`, and nothing for its `/wasm`. A plan's `wasm_paths` are then good when they have the files of this
   * build; without it, only when they have those of all.
   */
  build?: OrtBuild;
}
interface OrtAdapter extends Adapter {
  /**
   * What to create the session on, for `InferenceSession.create(url, { executionProviders })`.
   *
   * @param backend what `monitor.load` passes to your `load`; undefined is your own choice. Left out: what was chosen
   * last, which is another model's if your `load` waited for something first.
   */
  executionProviders(...backend: [backend?: Backend | undefined]): string[];
}
/**
 * The adapter for the page's sessions, whatever each runs on: that is noted when a session is created. Make it before
 * them; a session that was there already is taken to run on `own`.
 */
declare function ort(ort: Ort, {
  own,
  build
}?: OrtOptions): OrtAdapter;
export { type Ort, type OrtAdapter, type OrtBuild, type OrtOptions, type OrtSession, ort };