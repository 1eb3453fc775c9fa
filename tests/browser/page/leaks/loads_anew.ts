import type { GraphModel } from '@tensorflow/tfjs';
import { tfjs } from 'inferfleet/tfjs';
import { frame, MODEL, readSeldom, type Task } from './task.js';

/** A model for each picture, as if it cost nothing. */
async function detect({ tf, monitor, name }: Task, picture: ImageData, n: number): Promise<void> {
  const load = (url: string) => tf.loadGraphModel(url);
  const { model } = await monitor.load<GraphModel>(name, { adapter: tfjs(tf), url: MODEL, load }); // LEAK
  const input = tf.tidy(() =>
    tf.image.resizeBilinear(tf.browser.fromPixels(picture), [32, 32]).expandDims(0),
  );
  const outputs = [model.execute(input)].flat();
  await readSeldom(n, outputs[0]);
  tf.dispose([input, ...outputs]);
}

export async function loadsAnew(task: Task): Promise<void> {
  for (let n = 0; task.goesOn(n); n++) await detect(task, await frame(n), n);
}
