import type { GraphModel, Tensor } from '@tensorflow/tfjs';
import { tfjs } from 'inferfleet/tfjs';
import { frame, MODEL, readSeldom, type Task } from './task.js';

class Blurred extends Error {}

/** Every third picture is no good, and then nobody disposes of what was made of it. */
function look(tf: Task['tf'], picture: ImageData, n: number): Tensor {
  const pixels = tf.browser.fromPixels(picture); // LEAK
  if (n % 3 === 0) throw new Blurred();
  const input = tf.tidy(() => tf.image.resizeBilinear(pixels, [32, 32]).div(127.5).sub(1).expandDims(0));
  pixels.dispose();
  return input;
}

export async function leaksOnErrors({ tf, monitor, name, goesOn }: Task): Promise<void> {
  const loaded = await tf.loadGraphModel(MODEL);
  const { model } = monitor.wrap<GraphModel>(name, loaded, { adapter: tfjs(tf) });
  let last = tf.tidy(() => tf.zeros([1, 32, 32, 3]));
  for (let n = 0; goesOn(n); n++) {
    const picture = await frame(n);
    try {
      const input = look(tf, picture, n);
      last.dispose();
      last = input;
    } catch (error) {
      if (!(error instanceof Blurred)) throw error; // the picture before is good enough
    }
    const output = [model.execute(last)].flat();
    await readSeldom(n, output[0]);
    tf.dispose(output);
  }
}
