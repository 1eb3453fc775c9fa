import type { GraphModel, Tensor, Tensor4D } from '@tensorflow/tfjs';
import { tfjs } from 'inferfleet/tfjs';
import { frame, MODEL, readSeldom, type Task } from './task.js';

/** Makes a tensor of a picture, and a smaller one of that, and forgets the first one unless `fixed`. */
function preprocess(tf: Task['tf'], picture: ImageData, fixed: boolean): Tensor {
  const pixels = tf.tidy(() => tf.browser.fromPixels(picture).toFloat().expandDims<Tensor4D>(0)); // LEAK
  const input = tf.tidy(() => tf.image.resizeBilinear(pixels, [32, 32]).div(127.5).sub(1));
  if (fixed) pixels.dispose();
  return input;
}

export async function forgetsDispose({ tf, monitor, name, goesOn, fixed }: Task): Promise<void> {
  const model = await tf.loadGraphModel(MODEL);
  const watched = monitor.wrap<GraphModel>(name, model, { adapter: tfjs(tf) });
  for (let n = 0; goesOn(n); n++) {
    const input = preprocess(tf, await frame(n), fixed);
    const output = [watched.model.execute(input)].flat();
    await readSeldom(n, output[0]);
    tf.dispose([input, ...output]);
  }
}
