import { ort } from 'inferfleet/ort';
import type * as Onnx from 'onnxruntime-web';
import { matmulModel } from '../tiny_onnx.js';
import { frame, type Task } from './task.js';

const ROWS = 2;
const SIZE = 8;

/** A page imports the build that it needs. */
const BUILDS: Record<string, () => Promise<typeof Onnx>> = {
  wasm: () => import('onnxruntime-web/wasm'),
  webgl: () => import('onnxruntime-web/webgl'),
  webgpu: () => import('onnxruntime-web/webgpu'),
};

async function libraryFor(backend: string): Promise<typeof Onnx> {
  const library = await BUILDS[backend]?.();
  if (!library) throw new Error(`there is no build for ${backend}`);
  library.env.wasm.wasmPaths = '/ort/';
  library.env.logLevel = 'error';
  return library;
}

/** A session for each question, and none is released. */
async function ask(
  { monitor, name, backend }: Task,
  onnx: typeof Onnx,
  adapter: ReturnType<typeof ort>,
): Promise<void> {
  const options = { executionProviders: [backend] };
  const session = await onnx.InferenceSession.create(matmulModel(ROWS, SIZE, 0.5), options); // LEAK
  const x = new onnx.Tensor('float32', new Float32Array(ROWS * SIZE), [ROWS, SIZE]);
  await monitor.wrap(name, session, { adapter }).model.run({ x });
}

export async function sessionsAgain(task: Task): Promise<void> {
  const onnx = await libraryFor(task.backend);
  const adapter = ort(onnx);
  for (let n = 0; task.goesOn(n); n++) {
    await frame(n);
    await ask(task, onnx, adapter);
  }
}
