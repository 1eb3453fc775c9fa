import { ort } from 'inferfleet/ort';
import * as onnx from 'onnxruntime-web';
import { matmulModel } from '../tiny_onnx.js';
import { frame, type Task } from './task.js';

onnx.env.wasm.wasmPaths = '/ort/';
onnx.env.logLevel = 'error';

const VOICE = '/vad/silero_vad_v5.onnx';

/** Half a thousand samples at 16 kHz, and the voice detector's state. */
const sound = () => ({
  input: new onnx.Tensor('float32', new Float32Array(512), [1, 512]),
  state: new onnx.Tensor('float32', new Float32Array(256), [2, 1, 128]),
  sr: new onnx.Tensor('int64', [16_000n], []),
});
const row = () => ({ x: new onnx.Tensor('float32', new Float32Array(16), [2, 8]) });

/** A session for each question, and none is released. */
async function ask({ monitor, name, backend }: Task, adapter: ReturnType<typeof ort>): Promise<void> {
  const onGpu = backend === 'webgpu';
  const options = { executionProviders: [backend] };
  const session = onGpu
    ? await onnx.InferenceSession.create(matmulModel(2, 8, 0.5), options) // LEAK webgpu
    : await onnx.InferenceSession.create(VOICE, options); // LEAK wasm
  await monitor.wrap(name, session, { adapter }).model.run(onGpu ? row() : sound());
}

export async function sessionsAgain(task: Task): Promise<void> {
  const adapter = ort(onnx);
  for (let n = 0; n < task.predictions; n++) {
    await frame(n);
    await ask(task, adapter);
  }
}
