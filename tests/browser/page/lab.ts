/** What runs inside the page: the real TensorFlow.js with its four backends, and the SDK. */

import * as tf from '@tensorflow/tfjs';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-webgpu';
import { createMonitor, type MonitorOptions } from 'inferfleet';
import { tfjsCanary } from 'inferfleet/canary';
import { tfjs } from 'inferfleet/tfjs';

wasm.setWasmPaths('/wasm/');

const BLAZEFACE = '/models/blazeface.json';

const monitor = (options: Partial<MonitorOptions> = {}) =>
  createMonitor({ app: 'lab', key: 'lab-key', endpoint: location.origin, release: '1.0.0', ...options });

/** A face-sized input, the same on every run. */
function input(model: tf.GraphModel): tf.Tensor {
  const shape = (model.inputs[0]?.shape ?? []).map((size) => Math.max(1, size));
  const size = shape.reduce((product, each) => product * each, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898) * 0.5);
  return tf.tensor(values, shape);
}

/** One prediction on that input, until its values are there. */
async function predict(model: tf.GraphModel): Promise<number[]> {
  const x = input(model);
  const outputs = [model.execute(x)].flat();
  const values = await Promise.all(outputs.map((each) => each.data()));
  tf.dispose([x, ...outputs]);
  return Array.from(values[0] ?? []).slice(0, 64);
}

const lab = { tf, wasm, tfjs, tfjsCanary, createMonitor, monitor, input, predict, BLAZEFACE };
export type Lab = typeof lab;

declare global {
  interface Window {
    lab: Lab;
  }
}
window.lab = lab;
