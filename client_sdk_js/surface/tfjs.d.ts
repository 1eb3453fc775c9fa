import { t as Adapter } from "./types/adapter.js";

// tfjs/types.d.ts
/** The `tf` namespace of the page. */
interface TensorFlow {
  engine(): unknown;
  env(): unknown;
  ready(): Promise<void>;
  version_core?: string;
  setBackend(name: string): Promise<boolean>;
  time(run: () => void): Promise<{
    kernelMs?: unknown;
  }>;
  /** Script tags put the wasm backend's own functions here. */
  wasm?: TfWasm;
}
/** The part of `@tensorflow/tfjs-backend-wasm` that a plan's threads and paths are set by. */
interface TfWasm {
  setThreadsCount?(threads: number): void;
  setWasmPaths?(prefix: string): void;
}
interface TfjsOptions {
  /**
   * The page's own `@tensorflow/tfjs-backend-wasm` (`import * as wasm`), by which a plan's `wasm_threads` and
   * `wasm_paths` are set. A script tag's is found by itself.
   */
  wasm?: TfWasm;
}
/** The adapter for a `tf` namespace; the same one for the same `tf`. */
declare function tfjs(tf: TensorFlow, {
  wasm
}?: TfjsOptions): Adapter;
export { type TensorFlow, tfjs };