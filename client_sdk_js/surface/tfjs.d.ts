import { t as Adapter } from "./types/adapter.js";

// tfjs/types.d.ts
/** The `tf` namespace of the page. */
interface TensorFlow {
  engine(): unknown;
  env(): unknown;
  ready(): Promise<void>;
  setBackend(name: string): Promise<boolean>;
  time(run: () => void): Promise<{
    kernelMs?: unknown;
  }>;
}
/** The adapter for a `tf` namespace; the same one for the same `tf`. */
declare function tfjs(tf: TensorFlow): Adapter;
export { type TensorFlow, tfjs };