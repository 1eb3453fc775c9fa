import modelUrl from '@ricky0123/vad-web/dist/silero_vad_v5.onnx?url';
import { ort } from 'inferfleet/ort';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import * as onnx from 'onnxruntime-web/wasm';
import { monitor } from './monitor.js';
import { RATE } from './sound.js';

onnx.env.wasm.wasmPaths = { wasm: wasmUrl };

const FRAME = 512; // samples: 32 ms
const CONTEXT = 64; // samples of the frame before, which the model looks at again

/** Silero's voice detector (MIT), under observation. */
export async function loadVoiceDetector() {
  // Before the first session, once for all of them. `{ own: 'webgpu' }` says what you run on without a plan.
  const adapter = ort(onnx, { own: 'wasm' });
  return monitor.load('silero_vad', {
    adapter,
    url: modelUrl,
    load: (url, backend) =>
      onnx.InferenceSession.create(url, { executionProviders: adapter.executionProviders(backend) }),
  });
}

/** How likely a voice is, for each frame of a sound. */
export async function detectVoice(model: onnx.InferenceSession, sound: Float32Array): Promise<number[]> {
  const probabilities: number[] = [];
  let state: onnx.Tensor = new onnx.Tensor('float32', new Float32Array(2 * 128), [2, 1, 128]);
  const sr = new onnx.Tensor('int64', [BigInt(RATE)], []);
  const samples = new Float32Array(CONTEXT + sound.length);
  samples.set(sound, CONTEXT);
  for (let at = 0; at + FRAME <= sound.length; at += FRAME) {
    const frame = samples.slice(at, at + CONTEXT + FRAME);
    const input = new onnx.Tensor('float32', frame, [1, frame.length]);
    const { output, stateN } = await model.run({ input, state, sr });
    if (!output || !stateN) throw new Error('this is not version 5 of the voice detector');
    state = stateN;
    probabilities.push(Number(output.data[0]));
  }
  return probabilities;
}
