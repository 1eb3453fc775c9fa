/** Inference libraries in one page: TensorFlow.js, onnxruntime-web and LiteRT. */

import * as litert from '@litertjs/core';
import * as tf from '@tensorflow/tfjs';
import { createMonitor, type MonitorOptions } from 'inferfleet';
import { any } from 'inferfleet/any';
import { ort } from 'inferfleet/ort';
import { tfjs } from 'inferfleet/tfjs';
import * as onnx from 'onnxruntime-web';
import { matmulModel } from './tiny_onnx.js';
import { addModel } from './tiny_tflite.js';

onnx.env.wasm.wasmPaths = '/ort/';
onnx.env.logLevel = 'error';

const createOwn = (options: Partial<MonitorOptions> = {}) =>
  createMonitor({ app: 'lab', key: 'lab-key', endpoint: location.origin, hangMs: 140_000, ...options });
const monitor = createOwn({ remoteConfig: false });

/** What Silero's voice detector takes: half a thousand samples at 16 kHz, and its state. */
const sound = () => ({
  input: new onnx.Tensor(
    'float32',
    Float32Array.from({ length: 512 }, (_, i) => Math.sin(i / 5) / 2),
    [1, 512],
  ),
  state: new onnx.Tensor('float32', new Float32Array(256), [2, 1, 128]),
  sr: new onnx.Tensor('int64', [16_000n], []),
});

/** An input of the model's own shape. */
const zeros = (model: tf.GraphModel) =>
  tf.zeros(
    (model.inputs[0]?.shape ?? []).map((size) => Math.max(1, size)),
    model.inputs[0]?.dtype,
  );

const engines = { tf, onnx, litert, monitor, createOwn, tfjs, ort, any, sound, zeros, matmulModel, addModel };

declare global {
  interface Window {
    engines: typeof engines;
  }
}
window.engines = engines;
