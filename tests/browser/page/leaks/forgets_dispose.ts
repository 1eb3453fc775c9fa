import type { GraphModel, Tensor, Tensor4D } from '@tensorflow/tfjs';
import { tfjs } from 'inferfleet/tfjs';
import { frame, MODEL, readSeldom, type Task } from './task.js';

/** Makes a tensor of a picture, and of its mirror image, and forgets the first one. */
function preprocess(tf: Task['tf'], picture: ImageData): Tensor {
  const pixels = tf.tidy(() => tf.browser.fromPixels(picture).toFloat().expandDims<Tensor4D>(0)); // LEAK
  return tf.tidy(() => tf.image.resizeBilinear(pixels, [32, 32]).div(127.5).sub(1));
}

export async function forgetsDispose({ tf, monitor, name, predictions }: Task): Promise<void> {
  const model = await tf.loadGraphModel(MODEL);
  const watched = monitor.wrap<GraphModel>(name, model, { adapter: tfjs(tf) });
  for (let n = 0; n < predictions; n++) {
    const input = preprocess(tf, await frame(n));
    const output = [watched.model.execute(input)].flat();
    await readSeldom(n, output[0]);
    tf.dispose([input, ...output]);
  }
}
