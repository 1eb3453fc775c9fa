import { t as Adapter } from "./types/adapter.js";

// ort/types.d.ts
/** The part of onnxruntime-web that the adapter touches: all of it public. */
/** The `ort` namespace of the page. */
interface Ort {
  env: {
    wasm: {
      numThreads?: number | undefined;
    }; /** Reading `device` before a session runs on it would create one. */
    webgpu?: {
      device?: unknown;
    };
  };
}
/** An `ort.InferenceSession`. */
interface OrtSession {
  run(...args: never[]): Promise<unknown>;
  release(): Promise<void>;
}
interface OrtAdapter extends Adapter {
  /**
   * What to create the session on, for `InferenceSession.create(url, { executionProviders })`: the plan's choice when
   * `monitor.load` calls the page's `load`, else the page's own.
   */
  executionProviders(): string[];
}
/**
 * An adapter for sessions that share an execution provider; make one for each provider in use. A session does not
 * tell what it runs on, so it is what `executionProviders()` said, or `own` for a session that is only wrapped.
 *
 * @param own what the page itself would run on: `wasm` (the default), `webgpu`, `webgl` or `webnn`.
 */
declare function ort(ort: Ort, {
  own
}?: {
  own?: string;
}): OrtAdapter;
export { type Ort, type OrtAdapter, type OrtSession, ort };