/** The part of TensorFlow.js that the adapter touches: all of it public, or fields that have been there since 2.0. */

export interface Tensor {
  dataId: object;
  data(): Promise<unknown>;
  dataSync(): unknown;
  bytes(): Promise<unknown>;
}

/** What the engine calls a backend. Fields are optional: each backend has its own. */
export interface TfBackend {
  memory?(): {
    numBytesInGPU?: number;
    /** What it holds, free textures and buffers included, as webgl and as webgpu name it. */
    numBytesInGPUAllocated?: number;
    numBytesAllocatedInGPU?: number;
  };
  /** webgl */
  getGPGPUContext?(): { gl: WebGL2RenderingContext };
  activeTimers?: unknown;
  /** webgpu */
  device?: {
    lost: Promise<{ reason?: string }>;
    queue: { onSubmittedWorkDone(): Promise<unknown> };
    addEventListener?(event: 'uncapturederror', listener: (event: { error: unknown }) => void): void;
  };
  /** What is recorded and not submitted yet. */
  commandEncoder?: unknown;
  endComputePassEncoder?(): void;
  submitQueue?(): void;
  /** wasm */
  wasm?: { tfjs?: { getThreadsCount?(): number }; HEAPU8?: Uint8Array };
}

export interface TfEngine {
  backendName: string;
  backendInstance: TfBackend | null;
  registry: Record<string, TfBackend>;
  registryFactory: Record<string, { priority: number }>;
  findBackendFactory(name: string): (() => unknown) | null;
  registerBackend(name: string, factory: () => unknown, priority: number): boolean;
  removeBackend(name: string): void;
  state: { numTensors: number; numBytes: number; profiling: boolean };
  /** Counts a tensor, which was just made. */
  trackTensor(tensor: MadeTensor, ...rest: unknown[]): void;
  disposeTensor(tensor: MadeTensor): void;
}

export interface MadeTensor {
  /** Unlike any other's of this engine. */
  id: number;
  shape: number[];
  dtype: string;
  size: number;
}

/** What TensorFlow.js fetches by. */
export interface TfPlatform {
  fetch(path: string, init?: RequestInit, options?: unknown): Promise<Response>;
}

/** The `tf` namespace of the page. */
export interface TensorFlow {
  engine(): unknown;
  env(): unknown;
  ready(): Promise<void>;
  version_core?: string;
  setBackend(name: string): Promise<boolean>;
  time(run: () => void): Promise<{ kernelMs?: unknown }>;
  /** Script tags put the wasm backend's own functions here. */
  wasm?: TfWasm;
}

/** The part of `@tensorflow/tfjs-backend-wasm` that a plan's threads and paths are set by. */
export interface TfWasm {
  setThreadsCount?(threads: number): void;
  setWasmPaths?(prefix: string): void;
}

export interface TfEnvironment {
  /** Only the flags that were evaluated already; reading them evaluates none. */
  features: Record<string, unknown>;
  getNumber(flag: string): number;
  set(flag: string, value: boolean): void;
  platform: TfPlatform;
}
