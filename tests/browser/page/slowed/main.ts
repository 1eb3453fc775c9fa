/**
 * Visits of three releases, in turns: `?collector=URL&visits=N&slowed=RELEASE&busy=RELEASE`. The first of these runs on a
 * backend whose matrix product takes four times as long, the second draws longer between predictions. The visits of a release are told as of its own half day: their clocks are set back
 * while they measure, and right when they send, as those of a visitor who was offline.
 */

import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { createMonitor } from 'inferfleet';
import { tfjs } from 'inferfleet/tfjs';

setWasmPaths('/wasm/');

const RELEASES = ['1.0.0', '1.1.0', '1.2.0'];
const HALF_DAY_MS = 12 * 3600 * 1000;
const SIZE = 320; // long enough that other work of the machine does not decide how long it takes
const PREDICTIONS = 12;
const DRAWING_MS = 8;
const LONG_DRAWING_MS = 32;

const asked = new URLSearchParams(location.search);
const visits = Number(asked.get('visits'));
let times = 1;

/** From now on each matrix product is made `times` times, of which the last counts. */
function slowBackend(): void {
  const plain = tf.getKernel('BatchMatMul', 'wasm');
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...plain,
    kernelFunc(args) {
      for (let n = 1; n < times; n++) {
        const { dataId } = plain.kernelFunc(args) as tf.TensorInfo;
        (args.backend as { disposeData(id: object): boolean }).disposeData(dataId);
      }
      return plain.kernelFunc(args);
    },
  });
}

/** What a page does with a result, as far as its visitors wait for it. */
function draw(release: string): void {
  const until = performance.now() + (release === asked.get('busy') ? LONG_DRAWING_MS : DRAWING_MS);
  while (performance.now() < until);
}

/** Visits' medians of what a prediction took by the page's own clock, in milliseconds, by release. */
const took: Record<string, number[]> = {};

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

async function visit(release: string, backMs: number, weights: tf.Tensor2D): Promise<void> {
  let back = backMs;
  const monitor = createMonitor({
    app: 'lab',
    key: 'lab-key',
    endpoint: asked.get('collector') ?? '',
    release,
    remoteConfig: false,
    dev: false,
    host: { epoch: () => Date.now() - back },
  });
  const layers = { predict: (input: tf.Tensor2D) => tf.tidy(() => input.matMul(weights).matMul(weights)) };
  const { model } = monitor.wrap('layers', layers, { adapter: tfjs(tf) });
  const waited: number[] = [];
  for (let n = 0; n < PREDICTIONS; n++) {
    const input = tf.ones([SIZE, SIZE]) as tf.Tensor2D;
    const began = performance.now();
    const output = model.predict(input);
    await output.data();
    waited.push(performance.now() - began);
    tf.dispose([input, output]);
    draw(release);
  }
  took[release] = [...(took[release] ?? []), median(waited)];
  const flushed = monitor.flush(); // closes the window at once
  back = 0;
  await flushed;
  monitor.close();
}

async function run(): Promise<typeof took> {
  await tf.setBackend('wasm');
  slowBackend();
  const weights = tf.randomNormal([SIZE, SIZE]) as tf.Tensor2D;
  for (let n = 0; n < visits; n++) {
    for (const [at, release] of RELEASES.entries()) {
      times = release === asked.get('slowed') ? 4 : 1;
      const before = RELEASES.length - at - (n + 0.5) / visits;
      await visit(release, before * HALF_DAY_MS, weights);
    }
  }
  return took;
}

declare global {
  interface Window {
    done: Promise<unknown>;
  }
}
window.done = run();
