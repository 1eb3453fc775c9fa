/** Pages that keep nothing they should not. */

import type { GraphModel, Tensor } from '@tensorflow/tfjs';
import { tfjs } from 'inferfleet/tfjs';
import { frame, MODEL, readSeldom, type Task } from './task.js';

async function watched({ tf, monitor, name }: Task): Promise<GraphModel> {
  const { model } = await monitor.load<GraphModel>(name, {
    adapter: tfjs(tf),
    url: MODEL,
    load: (url) => tf.loadGraphModel(url),
  });
  return model;
}

/** A picture of this size as the model wants it. */
async function prepared(tf: Task['tf'], n: number, size?: number): Promise<Tensor> {
  const picture = await frame(n, size);
  return tf.tidy(() =>
    tf.image.resizeBilinear(tf.browser.fromPixels(picture), [32, 32]).div(255).expandDims(0),
  );
}

async function detect(tf: Task['tf'], model: GraphModel, input: Tensor, n: number): Promise<void> {
  const outputs = [model.execute(input)].flat();
  await readSeldom(n, outputs[0]);
  tf.dispose(outputs);
}

export async function tidy(task: Task): Promise<void> {
  const model = await watched(task);
  for (let n = 0; task.goesOn(n); n++) {
    const input = await prepared(task.tf, n);
    await detect(task.tf, model, input, n);
    input.dispose();
  }
}

/** Keeps the last eight inputs, to look at one again. */
export async function cached(task: Task): Promise<void> {
  const model = await watched(task);
  const kept = new Map<number, Tensor>();
  for (let n = 0; task.goesOn(n); n++) {
    const input = await prepared(task.tf, n);
    kept.set(n, input);
    await detect(task.tf, model, input, n);
    kept.get(n - 8)?.dispose();
    kept.delete(n - 8);
  }
}

/** Keeps an input for each of twenty pictures that come again and again. */
export async function growsThenFlat(task: Task): Promise<void> {
  const model = await watched(task);
  const kept = new Map<number, Tensor>();
  for (let n = 0; task.goesOn(n); n++) {
    const input = kept.get(n % 20) ?? (await prepared(task.tf, n % 20));
    kept.set(n % 20, input);
    await detect(task.tf, model, input, n);
  }
}

/** Crops of two dozen sizes: each is a shape of its own in the engine's pools, and in WebGL a program of its own. */
export async function imageSizes(task: Task): Promise<void> {
  const model = await watched(task);
  for (let n = 0; task.goesOn(n); n++) {
    const input = await prepared(task.tf, n, 64 + 4 * ((n * 7) % 24));
    await detect(task.tf, model, input, n);
    input.dispose();
  }
}
