import { i as Backend, t as Adapter } from "./types/adapter.js";

// ort/types.d.ts
/** The part of onnxruntime-web that the adapter touches: all of it public. */
/** The `ort` namespace of the page. */
interface Ort {
  env: {
    wasm: {
      numThreads?: number | undefined;
      wasmPaths?: unknown;
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
/** An `ort.InferenceSession`. */
interface OrtSession {
  run(...args: never[]): Promise<unknown>;
  release(): Promise<void>;
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
 *
 * @param own what the page itself would run on: `wasm` (the default), `webgpu`, `webgl` or `webnn`.
 */
declare function ort(ort: Ort, {
  own
}?: {
  own?: string;
}): OrtAdapter;
export { type Ort, type OrtAdapter, type OrtSession, ort };